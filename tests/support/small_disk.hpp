// A disk of a test's own, in memory.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "tests/support/temporary_directory.hpp"

namespace coppice::test {

/// Mounted if this process may mount; tests that cannot have one are skipped with problem() as the reason.
class SmallDisk {
public:
  /// `flags` are mount(2)'s: MS_RDONLY makes a disk that cannot be written.
  SmallDisk(size_t size, unsigned long flags) {
    const std::string option = "size=" + std::to_string(size);
    if (::mount("coppice-test", directory_.path().c_str(), "tmpfs", flags, option.c_str()) == 0) return;
    problem_ = std::string("cannot mount a disk for the test: ") + std::strerror(errno);
  }
  ~SmallDisk() {
    if (!is_mounted()) return;
    EXPECT_EQ(::umount(path().c_str()), 0) << std::strerror(errno);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }
  const std::string& path() const { return directory_.path(); }
  /// Of a file on it.
  std::string operator/(const std::string& name) const { return directory_ / name; }

private:
  engine::TemporaryDirectory directory_;
  std::string problem_;
};

}  // namespace coppice::test
