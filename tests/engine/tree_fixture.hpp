// A tree on the real file system, and verbs for using it.
#pragma once

#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {

/// In the order of their numbers.
inline Bytes key_of(int number) {
  Bytes key = std::to_string(number);
  return "key" + Bytes(6 - key.size(), '0') + key;
}

class TreeFixture : public ::testing::Test {
protected:
  TreeFixture() {
    EXPECT_TRUE(stand.create().ok());
    open();
  }
  void open() {
    const Status opened = stand.open();
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
  }
  void reopen() {
    ASSERT_TRUE(stand.tree->close().ok());
    open();
  }
  void ok(const Status& status) { EXPECT_TRUE(status.ok()) << to_string(status.error()); }
  void fill(int begin, int end, const Bytes& value) {
    for (int number = begin; number < end; ++number) {
      ok(stand.put(key_of(number), value));
      ok(stand.catch_up());
    }
  }

  PosixFileSystem files;
  TemporaryDirectory temporary;
  TreeStand stand{files, temporary.path() + "/tree"};
};

}  // namespace coppice::engine
