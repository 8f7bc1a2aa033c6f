// Does to files what disks and people do to them.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "engine/io/file.hpp"

namespace coppice::engine {

inline Bytes content_of(FileSystem& files, const std::string& path) {
  auto content = read_file(files, path, 1 << 30);
  return content.ok() ? *std::move(content) : Bytes();
}

inline void overwrite(FileSystem& files, const std::string& path, ByteView content) {
  auto file = files.create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->append(content).ok());
}

inline void flip_bit(FileSystem& files, const std::string& path, size_t offset) {
  Bytes content = content_of(files, path);
  ASSERT_LT(offset, content.size());
  content[offset] = static_cast<char>(content[offset] ^ (1 << (offset % 8)));
  overwrite(files, path, content);
}

inline void truncate(FileSystem& files, const std::string& path, size_t size) {
  overwrite(files, path, ByteView(content_of(files, path)).substr(0, size));
}

}  // namespace coppice::engine
