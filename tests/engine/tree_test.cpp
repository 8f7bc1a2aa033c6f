#include "engine/tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Bytes key_of(int number) {
  Bytes key = std::to_string(number);
  return "key" + Bytes(6 - key.size(), '0') + key;
}

class TreeTest : public ::testing::Test {
protected:
  TreeTest() {
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

TEST_F(TreeTest, ReadsWhatWasWritten) {
  ok(stand.put("a", "1"));
  ok(stand.put("b", "2"));
  ok(stand.put("a", "3"));
  EXPECT_EQ(stand.get("a"), "3");
  EXPECT_EQ(stand.get("c"), "(none)");
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "3"), Pair("b", "2")));
}

TEST_F(TreeTest, KeepsEverythingOverACleanStop) {
  ok(stand.put("memory", "1", Durability::memory));
  ok(stand.put("synced", "2", Durability::synced));
  reopen();
  EXPECT_EQ(stand.get("memory"), "1");
  EXPECT_EQ(stand.get("synced"), "2");
}

TEST_F(TreeTest, KeepsWhatIsBufferedWhenTheProcessDies) {
  ok(stand.put("a", "1", Durability::buffered));
  stand.drop();
  open();
  EXPECT_EQ(stand.get("a"), "1");
}

TEST_F(TreeTest, ReadsFromTables) {
  fill(0, 3000, Bytes(100, 'v'));
  ok(stand.flush());
  EXPECT_TRUE(stand.tree->memtables_empty());
  EXPECT_EQ(stand.get(key_of(0)), Bytes(100, 'v'));
  EXPECT_EQ(stand.get(key_of(2999)), Bytes(100, 'v'));
  EXPECT_EQ(stand.get(key_of(3000)), "(none)");
  EXPECT_EQ(stand.items().size(), 3000u);
  reopen();
  EXPECT_EQ(stand.items().size(), 3000u);
}

TEST_F(TreeTest, MergesUntilOneLevelIsLeft) {
  for (int round = 0; round < 5; ++round) {
    for (int number = 0; number < 500; ++number) ok(stand.put(key_of(number), std::to_string(round)));
    ok(stand.flush());
  }
  ok(stand.compact());
  const TreeStats stats = stand.tree->stats();
  EXPECT_EQ(stats.levels[0].tables, 0u);
  EXPECT_EQ(stats.levels[1].entries, 500u);
  EXPECT_EQ(stand.get(key_of(77)), "4");
  reopen();
  EXPECT_EQ(stand.get(key_of(499)), "4");
}

TEST_F(TreeTest, NothingIsLeftOfWhatWasDeleted) {
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

TEST_F(TreeTest, ARangeDeleteHidesWhatWasWrittenBeforeItInItsBatch) {
  Batch batch;
  ok(batch.put("a", "before"));
  ok(batch.put("b", "before"));
  ok(batch.delete_range("a", "c"));
  ok(batch.put("b", "behind"));
  ok(stand.write(batch));
  EXPECT_THAT(stand.items(), ElementsAre(Pair("b", "behind")));
  EXPECT_EQ(stand.get("a"), "(none)");
  ok(stand.compact());
  EXPECT_THAT(stand.items(), ElementsAre(Pair("b", "behind")));
}

TEST_F(TreeTest, TheLaterOfTwoWritesInABatchWins) {
  Batch batch;
  ok(batch.put("a", "first"));
  ok(batch.put("a", "later"));
  ok(batch.put("b", "first"));
  ok(batch.remove("b"));
  ok(stand.write(batch));
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "later")));
  ok(stand.flush());
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "later")));
  reopen();
  EXPECT_EQ(stand.get("b"), "(none)");
}

TEST_F(TreeTest, ASnapshotNeverChanges) {
  ok(stand.put("a", "old"));
  ok(stand.put("b", "old"));
  const Timestamp then = stand.tree->last_commit();
  stand.snapshots = {then};
  ok(stand.put("a", "new"));
  ok(stand.delete_range("b", "c"));
  ok(stand.put("c", "new"));
  ok(stand.compact());
  EXPECT_THAT(stand.items(then), ElementsAre(Pair("a", "old"), Pair("b", "old")));
  EXPECT_EQ(stand.get("b", then), "old");
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "new"), Pair("c", "new")));

  stand.snapshots.clear();
  ok(stand.put("a", "newer"));
  ok(stand.compact());
  EXPECT_EQ(stand.tree->stats().levels[1].entries, 2u);
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "newer"), Pair("c", "new")));
}

TEST_F(TreeTest, NobodySeesAGroupBeforeItIsApplied) {
  Batch batch;
  ok(batch.put("a", "1"));
  const GroupWrite group[] = {{&batch, stand.tick()}};
  ok(stand.tree->log_group(group, Durability::synced));
  LogSync sync = stand.tree->plan_sync();
  EXPECT_EQ(stand.get("a"), "(none)");
  ok(stand.tree->install_sync(sync.run()));
  EXPECT_EQ(stand.get("a"), "(none)");
  stand.tree->apply_group(group);
  EXPECT_EQ(stand.get("a"), "1");
}

TEST_F(TreeTest, AReaderOutlivesItsTree) {
  ok(stand.put("a", "1"));
  auto cursor = stand.reader->cursor({}, {});
  ASSERT_TRUE(cursor.ok());
  stand.drop();
  EXPECT_EQ(stand.reader->get("a", {}).error().code, Errc::unavailable);
  ASSERT_NE((*cursor)->seek(""), nullptr);
  EXPECT_EQ((*cursor)->seek("")->value, "1");
}

TEST_F(TreeTest, RefusesWritesWhileTooMuchWaits) {
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

TEST_F(TreeTest, AJobThatNeverRanCanBePlannedAgain) {
  ok(stand.put("a", "1"));
  ok(stand.tree->seal_memtable());
  auto job = stand.tree->plan_flush({});
  ASSERT_TRUE(job);
  EXPECT_FALSE(stand.tree->plan_flush({}));
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::cancelled);
  ok(stand.finish(stand.tree->plan_flush({})));
  EXPECT_TRUE(stand.tree->memtables_empty());
}

TEST_F(TreeTest, ACancelledMergeLeavesNothingBehind) {
  for (int round = 0; round < 4; ++round) {
    for (int number = 0; number < 400; ++number) ok(stand.put(key_of(number), "v"));
    ok(stand.flush());
  }
  const auto before = files.list(stand.directory())->size();
  auto job = stand.tree->plan_merge({});
  ASSERT_TRUE(job);
  const std::atomic<bool> cancelled{true};
  job->run(cancelled);
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::cancelled);
  EXPECT_EQ(files.list(stand.directory())->size(), before);
  EXPECT_EQ(stand.items().size(), 400u);
}

TEST_F(TreeTest, FilesThatNobodyNeedsAreRemoved) {
  fill(0, 3000, Bytes(100, 'v'));
  ok(stand.compact());
  size_t tables = 0;
  for (const LevelStats& level : stand.tree->stats().levels) tables += level.tables;
  // The manifest and one log.
  EXPECT_EQ(files.list(stand.directory())->size(), tables + 2);
}

TEST_F(TreeTest, SplitsIntoTwoThatShareItsFiles) {
  fill(0, 2000, "v");
  ok(stand.delete_range(key_of(900), key_of(1100)));
  ok(stand.flush());
  const std::string left_path = temporary.path() + "/left";
  const std::string right_path = temporary.path() + "/right";
  ok(stand.tree->split(key_of(1000), left_path, right_path));
  ok(stand.tree->close());
  ok(files.remove_tree(stand.directory()));

  TreeStand left(files, left_path);
  TreeStand right(files, right_path);
  ok(left.open());
  ok(right.open());
  EXPECT_EQ(left.items().size(), 900u);
  EXPECT_EQ(right.items().size(), 900u);
  EXPECT_EQ(left.tree->last_commit(), stand.tree->last_commit());
  EXPECT_EQ(right.reader->get(key_of(3), {}).error().code, Errc::moved);
  ok(left.put(key_of(1), "left"));
  ok(left.compact());
  ok(right.compact());
  EXPECT_EQ(left.tree->stats().levels[1].entries, 900u);
  EXPECT_EQ(right.tree->stats().levels[1].entries, 900u);
  EXPECT_EQ(left.get(key_of(1)), "left");
  EXPECT_EQ(right.get(key_of(1500)), "v");
}

TEST_F(TreeTest, RemembersABatchOverSeveralShardsUntilItIsSettled) {
  Batch own;
  Batch other;
  ok(own.put("a", "1"));
  ok(other.put("x", "2"));
  const SpanningPart parts[] = {{3, other.bytes()}, {4, own.bytes()}};
  const GroupWrite group[] = {{&own, stand.tick(), parts}};
  ok(stand.tree->log_group(group, Durability::buffered));
  stand.tree->apply_group(group);
  EXPECT_THAT(stand.tree->spanning(), IsEmpty());
  ok(stand.flush());
  stand.drop();

  open();
  EXPECT_EQ(stand.get("a"), "1");
  ASSERT_EQ(stand.tree->spanning().size(), 1u);
  const RecoveredSpanning found = stand.tree->spanning().front();
  EXPECT_EQ(found.commit, group[0].commit);
  ASSERT_EQ(found.parts.size(), 2u);
  EXPECT_EQ(found.parts[0].shard, 3u);
  EXPECT_EQ(found.parts[0].batch.bytes(), other.bytes());

  stand.tree->settle(found.commit);
  EXPECT_THAT(stand.tree->spanning(), IsEmpty());
  ok(stand.put("b", "2"));
  ok(stand.flush());
  reopen();
  EXPECT_THAT(stand.tree->spanning(), IsEmpty());
  EXPECT_EQ(stand.get("a"), "1");
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

TEST_F(TreeTest, RefusesToCreateOrOpenWhatIsNotFit) {
  EXPECT_EQ(stand.create().error().code, Errc::in_use);
  EXPECT_EQ(TreeStand(files, temporary.path() + "/nowhere").open().error().code, Errc::not_found);
  TreeStand odd(files, stand.directory());
  odd.options.level_ratio = 1;
  EXPECT_EQ(odd.open().error().code, Errc::invalid_argument);
}

TEST_F(TreeTest, VerifiesEveryTable) {
  fill(0, 1000, "v");
  ok(stand.compact());
  const auto report = stand.reader->verify({});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->entries, 1000u);
  EXPECT_THAT(report->problems, IsEmpty());
}

}  // namespace
}  // namespace coppice::engine
