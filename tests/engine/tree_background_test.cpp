// Flushes and merges of a tree, and what is left when one of them cannot be done.
#include <algorithm>
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/tree_state.hpp"
#include "tests/engine/tree_fixture.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class TreeBackgroundTest : public TreeFixture {
protected:
  /// Of files in the directory.
  size_t table_count() {
    const auto names = *files.list(stand.directory());
    return static_cast<size_t>(
        std::ranges::count_if(names, [](const std::string& name) { return name.ends_with(".sst"); }));
  }
};

TEST_F(TreeBackgroundTest, MergesUntilOneLevelIsLeft) {
  for (int round = 0; round < 5; ++round) {
    for (int number = 0; number < 500; ++number) ok(stand.put(key_of(number), std::to_string(round)));
    ok(stand.flush());
  }
  ok(stand.compact());
  const TreeStats stats = stand.tree->stats();
  EXPECT_EQ(stats.levels[0].tables, 0u);
  EXPECT_EQ(stats.levels.back().entries, 500u);
  EXPECT_EQ(stand.get(key_of(77)), "4");
  reopen();
  EXPECT_EQ(stand.get(key_of(499)), "4");
}

TEST_F(TreeBackgroundTest, NothingIsLeftOfWhatWasDeleted) {
  fill(0, 500, "v");
  ok(stand.flush());
  for (int number = 0; number < 250; ++number) ok(stand.remove(key_of(number)));
  ok(stand.delete_range(key_of(250), ""));
  EXPECT_THAT(stand.items(), IsEmpty());
  EXPECT_EQ(stand.get(key_of(300)), "(none)");
  ok(stand.compact());
  EXPECT_THAT(stand.items(), IsEmpty());
  for (const LevelStats& level : stand.tree->stats().levels) EXPECT_EQ(level.tables, 0u);
}

TEST_F(TreeBackgroundTest, ADeleteIsKeptWhileADeeperLevelHoldsWhatItHides) {
  stand.options.level_ratio = 2;
  open();
  // So much that there is a level between level 0 and the last.
  for (int number = 0; number < 8000; ++number) {
    ok(stand.put(key_of(number), Bytes(100, 'v')));
    ok(stand.catch_up());
  }
  ok(stand.flush());
  ok(stand.catch_up());
  const uint64_t last_count = stand.tree->stats().levels.back().entries;
  ASSERT_GT(last_count, 0u);

  for (int number = 0; number < 2000; ++number) ok(stand.remove(key_of(number)));
  ok(stand.delete_range(key_of(2000), ""));
  ok(stand.flush());
  while (stand.tree->stats().levels[0].tables > 0) ok(stand.finish(stand.tree->plan_merge_range({}, {})));
  ASSERT_EQ(stand.tree->stats().levels.back().entries, last_count);
  EXPECT_THAT(stand.items(), IsEmpty());
  for (int number = 0; number < 4000; number += 13) EXPECT_EQ(stand.get(key_of(number)), "(none)");
}

TEST_F(TreeBackgroundTest, TablesUnderARangeDeleteGoUnread) {
  fill(0, 3000, Bytes(100, 'v'));
  ok(stand.compact());
  ok(stand.delete_range("", ""));
  ok(stand.flush());
  auto job = stand.tree->plan_merge_range({}, {});
  ASSERT_TRUE(job);
  const std::atomic<bool> never{false};
  job->run(never);
  EXPECT_LT(job->bytes_read(), 10'000u);
  ok(stand.tree->install(*std::move(job)));
  EXPECT_THAT(stand.items(), IsEmpty());
  for (const LevelStats& level : stand.tree->stats().levels) EXPECT_EQ(level.tables, 0u);
}

TEST_F(TreeBackgroundTest, AMergeIsToldHowFastToGo) {
  for (int round = 0; round < 9; ++round) {
    for (int number = 0; number < 400; ++number) ok(stand.put(key_of(number), Bytes(30, 'v')));
    ok(stand.flush());
  }
  auto job = stand.tree->plan_merge({});
  ASSERT_TRUE(job);
  const std::atomic<bool> never{false};
  uint64_t size = 0;
  double last_rate = 0;
  job->run(never, [&](uint64_t more, double rate) { size += more, last_rate = rate; });
  EXPECT_GT(size, 1'000u);
  EXPECT_LE(size, job->bytes_written());
  EXPECT_GT(last_rate, 0);
  ok(stand.tree->install(*std::move(job)));
}

TEST_F(TreeBackgroundTest, RefusesWritesWhileTooMuchWaits) {
  for (uint32_t count = 0; count < stand.options.sealed_memtables_max; ++count) {
    EXPECT_LT(stand.tree->debt(), 1);
    ok(stand.put("a", "1"));
    ok(stand.tree->seal_memtable());
  }
  const Status refused = stand.put("a", "2");
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_GT(refused.error().retry_after_ms, 0u);
  ok(stand.catch_up());
  ok(stand.put("a", "3"));
  EXPECT_EQ(stand.get("a"), "3");
}

TEST_F(TreeBackgroundTest, AJobThatNeverRanCanBePlannedAgain) {
  ok(stand.put("a", "1"));
  ok(stand.tree->seal_memtable());
  auto job = stand.tree->plan_flush({});
  ASSERT_TRUE(job);
  EXPECT_FALSE(stand.tree->plan_flush({}));
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::cancelled);
  ok(stand.finish(stand.tree->plan_flush({})));
  EXPECT_TRUE(stand.tree->memtables_empty());
}

TEST_F(TreeBackgroundTest, ACancelledMergeLeavesNothingBehind) {
  for (int round = 0; round < 10; ++round) {
    for (int number = 0; number < 400; ++number) ok(stand.put(key_of(number), "v"));
    ok(stand.flush());
  }
  auto job = stand.tree->plan_merge({});
  ASSERT_TRUE(job);
  const auto before = table_count();
  const std::atomic<bool> cancelled{true};
  job->run(cancelled);
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::cancelled);
  EXPECT_EQ(table_count(), before);
  EXPECT_EQ(stand.items().size(), 400u);
}

TEST_F(TreeBackgroundTest, FilesThatNobodyNeedsAreRemoved) {
  fill(0, 3000, Bytes(100, 'v'));
  ok(stand.compact());
  size_t tables = 0;
  for (const LevelStats& level : stand.tree->stats().levels) tables += level.tables;
  // The manifest, one log, and those for memtables to come.
  EXPECT_EQ(files.list(stand.directory())->size(), tables + 2 + kSpareLogsMax);
}

TEST(TreeSealTest, WaitsForNoDiskAsLongAsALogIsReady) {
  MemoryFileSystem files;
  TreeStand stand(files);
  ASSERT_TRUE(stand.create().ok());
  ASSERT_TRUE(stand.open().ok());
  for (size_t count = 0; count < kSpareLogsMax; ++count) {
    ASSERT_TRUE(stand.put("a", "1").ok());
    const uint64_t before = files.operation_count();
    ASSERT_TRUE(stand.tree->seal_memtable().ok());
    // The close record: its room, and itself.
    EXPECT_EQ(files.operation_count() - before, 2u);
  }
  // None is left; a flush brings one.
  ASSERT_TRUE(stand.put("a", "2").ok());
  files.set_room(100);
  EXPECT_EQ(stand.tree->seal_memtable().error().code, Errc::out_of_space);
  EXPECT_FALSE(stand.tree->broken());
  files.heal();
  ASSERT_TRUE(stand.finish(stand.tree->plan_flush({})).ok());
  files.set_room(100);
  EXPECT_TRUE(stand.tree->seal_memtable().ok());
}

TEST(TreeSealTest, ASyncTakesTheLogBeforeAlong) {
  MemoryFileSystem files;
  TreeStand stand(files);
  ASSERT_TRUE(stand.create().ok());
  ASSERT_TRUE(stand.open().ok());
  ASSERT_TRUE(stand.put("a", "1").ok());
  ASSERT_TRUE(stand.tree->seal_memtable().ok());
  ASSERT_TRUE(stand.put("b", "2").ok());
  ASSERT_TRUE(stand.tree->seal_memtable().ok());
  ASSERT_TRUE(stand.put("c", "3", Durability::synced).ok());
  stand.drop();
  files.crash();
  ASSERT_TRUE(stand.open().ok());
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3")));
}

TEST(TreeSpaceTest, AWriteThatFindsNoRoomLeavesTheTreeAsItWas) {
  MemoryFileSystem files;
  TreeStand stand(files);
  ASSERT_TRUE(stand.create().ok());
  ASSERT_TRUE(stand.open().ok());
  ASSERT_TRUE(stand.put("a", "1").ok());
  files.set_room(500);
  EXPECT_EQ(stand.put("b", Bytes(5000, 'x')).error().code, Errc::out_of_space);
  // Of a group none is logged, though the first would fit.
  Batch small;
  Batch large;
  ASSERT_TRUE(small.put("c", "3").ok());
  ASSERT_TRUE(large.put("d", Bytes(5000, 'x')).ok());
  const std::array<GroupWrite, 2> group{GroupWrite{&small, stand.tick(), {}},
                                        GroupWrite{&large, stand.tick(), {}}};
  EXPECT_EQ(stand.tree->log_group(group).error().code, Errc::out_of_space);
  EXPECT_FALSE(stand.tree->broken());

  files.heal();
  ASSERT_TRUE(stand.put("e", "5", Durability::synced).ok());
  stand.drop();
  files.crash();
  ASSERT_TRUE(stand.open().ok());
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "1"), Pair("e", "5")));
}

TEST(TreeSpaceTest, AFullDiskAtASealLeavesTheTreeAsItWas) {
  MemoryFileSystem files;
  TreeStand stand(files);
  ASSERT_TRUE(stand.create().ok());
  ASSERT_TRUE(stand.open().ok());
  ASSERT_TRUE(stand.put("a", "1").ok());
  files.set_room(0);
  EXPECT_EQ(stand.tree->seal_memtable().error().code, Errc::out_of_space);
  EXPECT_FALSE(stand.tree->broken());
  EXPECT_EQ(stand.get("a"), "1");

  files.heal();
  EXPECT_TRUE(stand.flush().ok());
  EXPECT_TRUE(stand.put("b", "2").ok());
  EXPECT_TRUE(stand.tree->close().ok());
  ASSERT_TRUE(stand.open().ok());
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST(TreeSpaceTest, AFullDiskDuringAFlushLeavesTheTreeAsItWas) {
  MemoryFileSystem files;
  TreeStand stand(files);
  ASSERT_TRUE(stand.create().ok());
  ASSERT_TRUE(stand.open().ok());
  ASSERT_TRUE(stand.put("a", Bytes(50'000, 'x')).ok());
  ASSERT_TRUE(stand.tree->seal_memtable().ok());
  files.set_room(1000);
  EXPECT_EQ(stand.finish(stand.tree->plan_flush({})).error().code, Errc::out_of_space);
  EXPECT_FALSE(stand.tree->broken());
  EXPECT_EQ(stand.get("a").size(), 50'000u);
  files.heal();
  EXPECT_TRUE(stand.finish(stand.tree->plan_flush({})).ok());
  EXPECT_TRUE(stand.tree->memtables_empty());
}

TEST(TreeSpaceTest, HoweverMuchRoomThereIsAFlushAndAMergeSucceedOrLeaveTheTreeAsItWas) {
  bool had_room = false;
  int refused = 0;
  for (uint64_t room = 0; !had_room; room += 64) {
    SCOPED_TRACE("room for " + std::to_string(room) + " bytes");
    MemoryFileSystem files;
    TreeStand stand(files);
    ASSERT_TRUE(stand.create().ok());
    ASSERT_TRUE(stand.open().ok());
    ASSERT_TRUE(stand.put("a", "1").ok());
    ASSERT_TRUE(stand.compact().ok());
    ASSERT_TRUE(stand.put("a", "2").ok());
    ASSERT_TRUE(stand.put("b", "2").ok());
    ASSERT_TRUE(stand.tree->seal_memtable().ok());
    files.set_room(room);
    std::vector<Status> outcomes{stand.finish(stand.tree->plan_flush({})), stand.tree->clean_logs()};
    if (auto merge = stand.tree->plan_merge_range({}, {})) outcomes.push_back(stand.finish(std::move(merge)));
    had_room = outcomes.size() == 3 && std::ranges::all_of(outcomes, &Status::ok);
    for (const Status& outcome : outcomes) {
      EXPECT_TRUE(outcome.ok() || outcome.error().code == Errc::out_of_space) << to_string(outcome.error());
      refused += outcome.ok() ? 0 : 1;
    }
    EXPECT_FALSE(stand.tree->broken());
    EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "2"), Pair("b", "2")));
    files.heal();
    EXPECT_TRUE(stand.compact().ok());
    EXPECT_TRUE(stand.tree->close().ok());
    ASSERT_TRUE(stand.open().ok());
    EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "2"), Pair("b", "2")));
    if (HasFailure()) return;
  }
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace coppice::engine
