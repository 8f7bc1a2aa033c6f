// A directory of the machine that a test has for itself.
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace coppice::engine {

/// Empty at first; removed with all in it when it goes.
class TemporaryDirectory {
public:
  TemporaryDirectory() : path_(::testing::TempDir() + "coppice_XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  /// Of a file in it.
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

private:
  std::string path_;
};

}  // namespace coppice::engine
