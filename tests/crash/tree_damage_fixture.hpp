// A small tree of every kind of file, and the question whether harm to them changes an answer.
#pragma once

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/mend/verify_tree.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {

class TreeDamageFixture : public ::testing::Test {
protected:
  /// Several tables, values apart, and a log that is not empty.
  void fill() {
    stand.options.value_threshold = 80;
    ok(stand.create());
    ok(stand.open());
    write(0);
    ok(stand.flush());
    write(1);
    ok(stand.compact());
    write(2);
    ok(stand.delete_range("k1", "k2"));
    ok(stand.flush());
    write(3);
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  void write(int round) {
    for (int number = round; number < 60; number += round + 1)
      ok(stand.put("k" + std::to_string(number),
                   "value " + std::to_string(round) + Bytes(number % 7 == 0 ? 80 : 0, 'v')));
  }

  void close() {
    expected = stand.items();
    ok(stand.tree->close());
    stand.drop();
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names) whole.emplace(name, files.content(stand.path(name)));
  }
  void restore() {
    ok(files.remove_tree(stand.directory()));
    ok(files.make_directory(stand.directory()));
    for (const auto& [name, content] : whole) overwrite(files, stand.path(name), content);
  }

  static void is_clear(const Error& error) {
    using ::testing::AnyOf;
    using ::testing::HasSubstr;
    // Of what may be other bytes the next time.
    const bool is_passing = error.code == Errc::io_error && error.text.ends_with("open the tree again");
    if (!is_passing) {
      EXPECT_THAT(error.code, AnyOf(Errc::corruption, Errc::unsupported)) << to_string(error);
    }
    EXPECT_THAT(error.text,
                AnyOf(HasSubstr(".sst"), HasSubstr(".val"), HasSubstr(".log"), HasSubstr("MANIFEST")));
  }
  /// Nothing that is damaged may change an answer.
  void look() {
    const Status opened = stand.open();
    if (!opened.ok()) return is_clear(opened.error());
    const auto found = stand.scan();
    if (found.ok()) {
      EXPECT_EQ(*found, expected);
    } else {
      is_clear(found.error());
    }
    for (size_t number = 0; number < 60; number += 7) {
      const Bytes key = "k" + std::to_string(number);
      const auto item = expected.find(key);
      const auto got = stand.reader->get(key, {});
      if (got.ok()) {
        EXPECT_EQ(got->value_or("(none)"), item == expected.end() ? "(none)" : item->second) << key;
      } else {
        is_clear(got.error());
      }
    }
    stand.drop();
  }
  /// Of nobody who has the tree open.
  VerifyReport verify() {
    VerifyReport report;
    BlockCache cache(1 << 20);
    const Status verified =
        verify_tree({.files = files, .cache = cache, .keys = stand.keys}, stand.directory(), {}, report);
    // What is newer, or of a key that nobody has, is refused instead.
    if (!verified.ok()) report.problems.push_back(to_string(verified.error()));
    return report;
  }

  MemoryFileSystem files;
  TreeStand stand{files};
  TreeStand::Items expected;
  std::map<std::string, Bytes> whole;
};

}  // namespace coppice::engine
