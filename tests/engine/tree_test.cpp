#include "engine/tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/tree_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class TreeTest : public TreeFixture {};

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

TEST_F(TreeTest, TheLastCommitIsKeptThoughNothingIsLeftOfIt) {
  ok(stand.put("a", "1"));
  ok(stand.remove("a"));
  const Timestamp last = stand.tree->last_commit();
  ok(stand.compact());
  for (const LevelStats& level : stand.tree->stats().levels) ASSERT_EQ(level.tables, 0u);
  reopen();
  EXPECT_EQ(stand.tree->last_commit(), last);

  // A write of an earlier moment would be taken for one that is in tables, and not be replayed.
  stand.clock = stand.tree->last_commit().raw;
  ok(stand.put("b", "2"));
  stand.drop();
  open();
  EXPECT_EQ(stand.get("b"), "2");
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
  EXPECT_EQ(stand.tree->stats().levels.back().entries, 2u);
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "newer"), Pair("c", "new")));
}

TEST_F(TreeTest, NobodySeesAGroupBeforeItIsApplied) {
  Batch batch;
  ok(batch.put("a", "1"));
  const GroupWrite group[] = {{&batch, stand.tick()}};
  ok(stand.tree->log_group(group));
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

TEST_F(TreeTest, EachHalfOfASplitHasItsKeysAndNoOthers) {
  for (const char* key : {"a", "l", "m", "z"}) ok(stand.put(key, "v"));
  ok(stand.flush());
  ok(stand.tree->split("m", {temporary / "left"}, {temporary / "right"}));
  TreeStand left(files, temporary / "left");
  TreeStand right(files, temporary / "right");
  ok(left.open());
  ok(right.open());
  EXPECT_EQ(left.tree->range(), (KeyRange{"", "m"}));
  EXPECT_EQ(right.tree->range(), (KeyRange{"m", std::nullopt}));
  EXPECT_THAT(left.items(), ElementsAre(Pair("a", "v"), Pair("l", "v")));
  EXPECT_THAT(right.items(), ElementsAre(Pair("m", "v"), Pair("z", "v")));
  EXPECT_EQ(left.get("l"), "v");
  EXPECT_EQ(right.get("m"), "v");
  EXPECT_THAT(left.get("m"), HasSubstr("moved"));
  EXPECT_THAT(right.get("l"), HasSubstr("moved"));
}

TEST_F(TreeTest, SplitsIntoTwoThatShareItsFiles) {
  fill(0, 2000, "v");
  ok(stand.delete_range(key_of(900), key_of(1100)));
  ok(stand.flush());
  const std::string left_path = temporary.path() + "/left";
  const std::string right_path = temporary.path() + "/right";
  ok(stand.tree->split(key_of(1000), {left_path}, {right_path}));
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
  EXPECT_EQ(left.tree->stats().levels.back().entries, 900u);
  EXPECT_EQ(right.tree->stats().levels.back().entries, 900u);
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
  ok(stand.tree->log_group(group));
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

TEST_F(TreeTest, RefusesToCreateOrOpenWhatIsNotFit) {
  EXPECT_EQ(stand.create().error().code, Errc::in_use);
  EXPECT_EQ(TreeStand(files, temporary.path() + "/nowhere").open().error().code, Errc::not_found);
  TreeStand odd(files, stand.directory());
  odd.options.min_compaction_files = 1;
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
