// A tree in two directories, on two disks, and verbs for using it.
#pragma once

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/file_names.hpp"
#include "engine/mend/verify_tree.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"
#include "tests/support/two_disks.hpp"

namespace coppice::engine {

constexpr uint64_t kMinuteMs = 60'000;
constexpr uint64_t kHourMs = 60 * kMinuteMs;

/// With plain files, and with everything encrypted. Every fourth value lies apart.
class TreeColdFixture : public ::testing::TestWithParam<bool> {
protected:
  TreeColdFixture() {
    ok(memory.make_directory("/slow"));
    stand.wall = &clock;
    stand.cold_directory = "/slow/tree";
    stand.options.value_threshold = 300;
    if (GetParam()) stand.keys = ring('a');
    ok(stand.create());
    ok(stand.open());
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  static Bytes key_of(int number) { return "key" + std::to_string(10'000 + number); }
  void put(int number) {
    const Bytes value = std::to_string(++count) + Bytes(number % 4 == 0 ? 400 : 40, 'v');
    ok(stand.put(key_of(number), value));
    expected[key_of(number)] = value;
  }
  void put(int begin, int end) {
    for (int number = begin; number < end; ++number) {
      put(number);
      if (stand.tree->memtable_full()) ok(stand.catch_up());
    }
  }
  void reopen() {
    ok(stand.tree->close());
    ok(stand.open());
  }
  /// Names of tables and value files.
  std::vector<std::string> files_in(const std::string& directory) {
    // Files go once their last reader has looked elsewhere, and the owner sees to it.
    if (stand.tree != nullptr) {
      (void)stand.get("k");
      EXPECT_FALSE(stand.tree->plan_flush({}));
    }
    std::vector<std::string> found;
    const auto names = memory.list(directory);
    if (!names.ok()) return found;
    for (const std::string& name : *names)
      if (name.ends_with(".sst") || name.ends_with(".val")) found.push_back(name);
    return found;
  }
  std::vector<std::string> hot() { return files_in(stand.directory()); }
  std::vector<std::string> cold() { return files_in("/slow/tree"); }
  static uint32_t tables_in(const std::vector<std::string>& names) {
    return static_cast<uint32_t>(
        std::ranges::count_if(names, [](const std::string& name) { return name.ends_with(".sst"); }));
  }
  std::map<std::string, Bytes> contents() {
    std::map<std::string, Bytes> all;
    for (const std::string directory : {"/tree", "/slow", "/slow/tree"}) {
      const auto names = memory.list(directory);
      if (!names.ok()) continue;
      for (const std::string& name : *names) {
        const std::string path = join_path(directory, name);
        all[path] = path == "/slow/tree" ? Bytes() : memory.content(path);
      }
    }
    return all;
  }
  void expect_all_well() {
    EXPECT_EQ(stand.items(), expected);
    EXPECT_THAT(stand.reader->verify({})->problems, ::testing::IsEmpty());
    const TreeStats stats = stand.tree->stats();
    EXPECT_EQ(stats.cold.count, cold().size());
    uint64_t size = 0;
    for (const std::string& name : cold()) size += memory.content("/slow/tree/" + name).size();
    EXPECT_EQ(stats.cold.size, size);
  }
  VerifyReport verify() {
    VerifyReport report;
    ok(verify_tree(stand.env(), stand.directory(), {}, report));
    return report;
  }

  MemoryFileSystem memory;
  TwoDisks disks{memory, "/slow"};
  FakeClock clock{1000 * kHourMs};
  TreeStand stand{disks};
  TreeStand::Items expected;
  int count = 0;
};

/// Plain, and encrypted.
inline std::string cold_name(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "Encrypted" : "Plain";
}

}  // namespace coppice::engine
