// A tree to be damaged and repaired, made in several ways.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/io/file_names.hpp"
#include "engine/mend/repair_tree.hpp"
#include "engine/mend/verify_tree.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {

/// What trees are made of.
struct Make {
  const char* name;
  size_t value_threshold;
  KeyRing keys;
};

class RepairTreeTest : public ::testing::TestWithParam<Make> {
protected:
  RepairTreeTest() {
    stand.options.value_threshold = GetParam().value_threshold;
    stand.keys = GetParam().keys;
    ok(stand.create());
    ok(stand.open());
    for (int round = 0; round < 4; ++round) {
      for (int number = round; number < 300; number += round + 1)
        put("k" + std::to_string(1000 + number),
            "value " + std::to_string(round) + Bytes(number % 3 == 0 ? 90 : 40, 'v'));
      if (round == 1) ok(stand.delete_range("k1100", "k1120"));
      if (round == 2) ok(stand.remove("k1005"));
      if (round == 0) ok(stand.compact());
      if (round == 1 || round == 2) ok(stand.flush());
    }
    close();
  }

  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  void put(const Bytes& key, const Bytes& value) {
    ok(stand.put(key, value));
    ever[key].insert(value);
  }
  void close() {
    expected = stand.items();
    ok(stand.tree->close());
    stand.drop();
    whole = contents(stand.directory());
  }

  std::map<std::string, Bytes> contents(const std::string& directory) {
    std::map<std::string, Bytes> found;
    const auto names = files.list(directory);
    if (names.ok())
      for (const std::string& name : *names) found.emplace(name, files.content(join_path(directory, name)));
    return found;
  }
  void restore() {
    ok(files.remove_tree(stand.directory()));
    ok(files.make_directory(stand.directory()));
    for (const auto& [name, content] : whole) overwrite(files, stand.path(name), content);
    ok(files.remove_tree("/mended"));
  }
  std::vector<std::string> names_ending(std::string_view end) const {
    std::vector<std::string> names;
    for (const auto& [name, content] : whole)
      if (name.ends_with(end)) names.push_back(name);
    return names;
  }

  /// The stand's own cache has blocks of before the damage.
  TreeEnv fresh_env(BlockCache& cache) {
    return {.files = files, .cache = cache, .seed = stand.seed, .keys = stand.keys};
  }
  RepairReport repair(bool dry_run = false) {
    RepairReport report;
    RepairOptions with;
    with.tree = stand.options;
    with.dry_run = dry_run;
    BlockCache cache(1 << 20);
    ok(repair_tree(fresh_env(cache), stand.directory(), "/mended", with, report));
    return report;
  }
  TreeStand::Items mended_items() {
    VerifyReport verified;
    BlockCache cache(1 << 20);
    ok(verify_tree(fresh_env(cache), "/mended", {}, verified));
    EXPECT_THAT(verified.problems, ::testing::IsEmpty());
    TreeStand mended(files, "/mended");
    mended.keys = stand.keys;
    const Status opened = mended.open();
    EXPECT_TRUE(opened.ok()) << to_string(opened.error());
    if (!opened.ok()) return {};
    TreeStand::Items items = mended.items();
    // It is a tree like any other.
    EXPECT_TRUE(mended.put("new", "value").ok());
    EXPECT_TRUE(mended.compact().ok());
    EXPECT_EQ(mended.get("new"), "value");
    return items;
  }
  /// Keys that the report does not call lost are as they were; the others are so, older, or gone.
  void compare(const TreeStand::Items& items, const RepairReport& report) {
    const auto may_be_lost = [&](ByteView key) {
      for (const MendedFile& file : report.files)
        for (const KeyRange& range : file.lost)
          if (range.contains(key)) return true;
      return false;
    };
    for (const auto& [key, value] : expected)
      if (!may_be_lost(key)) {
        EXPECT_TRUE(items.contains(key) && items.at(key) == value) << key << " was whole";
      }
    for (const auto& [key, value] : items) {
      EXPECT_TRUE(ever[key].contains(value)) << key << " never had this value";
      if (!may_be_lost(key)) {
        EXPECT_TRUE(expected.contains(key)) << key << " was deleted";
      }
    }
  }
  static const MendedFile& of(const RepairReport& report, const std::string& name) {
    for (const MendedFile& file : report.files)
      if (file.path.ends_with(name)) return file;
    ADD_FAILURE() << "nothing is said of " << name;
    return report.files.front();
  }

  MemoryFileSystem files;
  TreeStand stand{files};
  TreeStand::Items expected;
  std::map<std::string, Bytes> whole;
  /// Every value that a key ever had.
  std::map<Bytes, std::set<Bytes>> ever;
};

}  // namespace coppice::engine
