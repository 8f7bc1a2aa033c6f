#include "engine/compact/backlog.hpp"
#include "tests/engine/picker_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PickerTest : public PickerFixture {};

TEST_F(PickerTest, ASmallTreeHasOneLevelBelowLevelZero) {
  EXPECT_EQ(shape().base, kLastLevel);
  add(kLastLevel, 1, "a", "b", 1000);
  EXPECT_EQ(shape().base, kLastLevel);
  EXPECT_EQ(shape().size_max[0], 100u);
}

TEST_F(PickerTest, LevelsGrowUpwardFromTheLastOnesSize) {
  add(kLastLevel, 1, "a", "b", 20'000);
  EXPECT_EQ(shape().base, 4u);
  EXPECT_EQ(shape().size_max[5], 2000u);
  EXPECT_EQ(shape().size_max[4], 200u);
  EXPECT_EQ(shape().size_max[3], 0u);
}

TEST_F(PickerTest, LevelZeroGathersLessInASmallTree) {
  EXPECT_EQ(shape().size_max[0], options.memtable_size / 16);
  add(kLastLevel, 1, "a", "b", 100);
  EXPECT_EQ(shape().size_max[0], 42u);
  add(kLastLevel, 2, "c", "d", 100);
  EXPECT_EQ(shape().size_max[0], 50u);
  add(kLastLevel, 3, "e", "f", 200);
  EXPECT_EQ(shape().size_max[0], 80u);
}

TEST_F(PickerTest, NothingPassesALevelThatIsInUse) {
  add(2, 2, "a", "c");
  add(kLastLevel, 1, "a", "b", 500);
  EXPECT_EQ(shape().base, 2u);
  EXPECT_EQ(shape().size_max[2], 0u);
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, 2u);
  EXPECT_EQ(plan->target_level, 3u);
}

TEST_F(PickerTest, NothingIsToBeDoneWithinTheLimits) {
  EXPECT_FALSE(pick());
  add(0, 1, "a", "z", 49);
  add(5, 2, "a", "c", 399);
  add(6, 3, "a", "c", 4000);
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, TakesAColumnOfLevelZeroNewestFirstAndWhatItOverlaps) {
  add(0, 5, "d", "f");
  add(0, 6, "e", "g");
  add(0, 7, "s", "t", 10);
  add(6, 1, "a", "c", 10);
  add(6, 2, "c", "e", 10);
  add(6, 3, "f", "h", 10);
  add(6, 4, "s", "t", 10);
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, 0u);
  EXPECT_EQ(plan->target_level, kLastLevel);
  EXPECT_THAT(numbers(plan->source), ElementsAre(6, 5));
  EXPECT_THAT(numbers(plan->target), ElementsAre(2, 3));
  EXPECT_EQ(plan->hull, (KeyRange{"c", "h"}));
  EXPECT_FALSE(plan->move);
  EXPECT_TRUE(plan->bottom);
}

TEST_F(PickerTest, ColumnsAreMergedBesideEachOther) {
  add(0, 5, "a", "c");
  add(0, 6, "b", "d");
  add(0, 7, "m", "o");
  add(0, 8, "n", "p");
  add(6, 1, "a", "d", 100);
  add(6, 2, "m", "p", 200);
  const auto first = pick();
  ASSERT_TRUE(first);
  EXPECT_THAT(numbers(first->source), ElementsAre(6, 5));
  under_way = {{0, 6, first->hull, {5, 6, 1}}};
  const auto second = pick();
  ASSERT_TRUE(second);
  EXPECT_THAT(numbers(second->source), ElementsAre(8, 7));
}

TEST_F(PickerTest, AColumnWaitsForItsOlderTables) {
  add(0, 5, "a", "c");
  add(0, 6, "a", "c", 90);
  under_way = {{0, 6, {"a", "c"}, {5}}};
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, NewerVersionsDoNotPassAMergeUnderWay) {
  add(0, 6, "a", "c", 90);
  under_way = {{0, 5, {"b", "d"}, {1}}};
  EXPECT_FALSE(pick());
  under_way = {{5, 6, {"b", "d"}, {1}}};
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, LevelZeroIsMergedWhereItIsDeep) {
  add(kLastLevel, 9, "x", "z", 400);
  for (uint64_t number = 1; number < 4; ++number) add(0, number, "a", "c", 1);
  EXPECT_FALSE(pick());
  add(0, 4, "b", "d", 1);
  ASSERT_TRUE(pick());
  EXPECT_THAT(numbers(pick()->source), ElementsAre(4, 3, 2, 1));
}

TEST_F(PickerTest, IdleTreesMergeUntilLittleLiesAboveTheLastLevel) {
  add(0, 5, "a", "c", 40);
  add(6, 1, "a", "c", 399);
  EXPECT_FALSE(pick());
  EXPECT_TRUE(pick(MergeNeed::idle));
  add(6, 2, "d", "e", 1);
  EXPECT_FALSE(pick(MergeNeed::idle));
}

TEST_F(PickerTest, IsNotAtTheBottomWhileALevelBelowHoldsSomethingInTheHull) {
  add(2, 5, "d", "f");
  add(4, 1, "a", "d");
  EXPECT_TRUE(pick()->bottom);
  add(6, 2, "e", "g");
  EXPECT_FALSE(pick()->bottom);
}

TEST_F(PickerTest, MovesTablesThatMeetNothing) {
  add(0, 5, "a", "c");
  add(0, 6, "c", "e");
  ASSERT_TRUE(pick());
  EXPECT_TRUE(pick()->move);
  EXPECT_EQ(pick()->source.size(), 2u);
  add(6, 1, "d", "f", 10);
  EXPECT_TRUE(pick()->move);
  EXPECT_THAT(numbers(pick()->source), ElementsAre(5));
  add(6, 2, "a", "b", 10);
  EXPECT_FALSE(pick()->move);
}

TEST_F(PickerTest, DoesNotMoveDeletesToTheBottom) {
  add(3, 5, "a", "c", 60, 1);
  EXPECT_FALSE(pick()->move);
  add(6, 1, "b", "d");
  EXPECT_TRUE(pick()->move);
}

TEST_F(PickerTest, TakesTheTableThatRewritesLeastBelow) {
  add(5, 1, "a", "c", 300);
  add(5, 2, "c", "e", 300);
  add(6, 3, "a", "c", 3000);
  add(6, 4, "c", "e", 2000);
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(2));
  EXPECT_THAT(numbers(plan->target), ElementsAre(4));
}

TEST_F(PickerTest, TheLevelThatIsFurthestOverItsLimitGoesFirst) {
  add(0, 8, "a", "c");
  add(0, 9, "b", "d");
  add(5, 1, "x", "z", 500);
  add(6, 2, "x", "z", 2000);
  EXPECT_EQ(pick()->source_level, 5u);
}

TEST_F(PickerTest, LeavesTablesThatAreBeingMergedAlone) {
  add(5, 1, "a", "c", 300);
  add(5, 2, "c", "e", 300);
  add(6, 3, "c", "e", 2000);
  under_way = {{5, 6, {"a", "b"}, {1}}};
  EXPECT_THAT(numbers(pick()->source), ElementsAre(2));
  under_way.push_back({5, 6, {"c", "e"}, {3}});
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, LeavesKeysThatAreBeingWrittenToTheTargetAlone) {
  add(2, 1, "a", "c", 60);
  under_way = {{1, 3, {"b", "z"}, {7}}};
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, TakesARangeDownLevelByLevelUntilItLiesInTheLast) {
  add(4, 1, "a", "c");
  add(4, 2, "m", "o");
  add(6, 4, "a", "z");
  auto plan = pick_range({"b", "d"});
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(1));
  EXPECT_EQ(plan->target_level, 5u);
  levels[4].clear();
  EXPECT_FALSE(pick_range({"b", "d"}));
}

TEST_F(PickerTest, OfARangeItTakesWhatReachesBackFarEnough) {
  add(0, 9, "a", "c");
  add(0, 3, "m", "o");
  add(0, 8, "m", "o");
  add(4, 7, "a", "c");
  add(4, 2, "m", "o");
  add(6, 1, "a", "z");
  // With what lies above it.
  EXPECT_THAT(numbers(pick_range({}, {}, Timestamp{6})->source), ElementsAre(8, 3));
  levels[0].erase(levels[0].begin() + 1);
  EXPECT_THAT(numbers(pick_range({}, {}, Timestamp{6})->source), ElementsAre(2));
  levels[4].pop_back();
  EXPECT_FALSE(pick_range({}, {}, Timestamp{6}));
  EXPECT_TRUE(pick_range({}, {}, Timestamp{7}));
  EXPECT_EQ(range_backlog(Version(levels), options, {}, {}, Timestamp{6}).tables, 0u);
  EXPECT_EQ(range_backlog(Version(levels), options, {}, {}, Timestamp{7}).tables, 2u);
}

TEST_F(PickerTest, RewritesTablesOfTheLastLevelThatStickOutOfTheTree) {
  add(6, 1, "a", "m");
  add(6, 2, "m", "z");
  const auto plan = pick_range({}, {"k", std::nullopt});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, plan->target_level);
  EXPECT_THAT(numbers(plan->source), ElementsAre(1));
  EXPECT_THAT(numbers(plan->target), IsEmpty());
  EXPECT_FALSE(plan->move);
  EXPECT_FALSE(pick_range({}, {"a", std::nullopt}));
}

TEST_F(PickerTest, RunsOfLevelZeroAreAsFewAsCanBe) {
  add(0, 1, "a", "c");
  add(0, 2, "d", "f");
  add(0, 3, "b", "e");
  add(0, 4, "e", "g");
  add(0, 5, "a", "b");
  const Version version(levels);
  ASSERT_EQ(version.runs().size(), 2u);
  EXPECT_THAT(numbers(version.runs()[0]), ElementsAre(5, 3, 4));
  EXPECT_THAT(numbers(version.runs()[1]), ElementsAre(1, 2));
}

TEST_F(PickerTest, ALevelIsMergedOnceItIsAsFullAsTheThresholdSays) {
  add(6, 1, "a", "z", 10'000);
  add(0, 2, "a", "c", 50);
  EXPECT_FALSE(pick());
  options.merge_threshold_percent = 50;
  EXPECT_EQ(shape().size_max[0], 100u);
  EXPECT_EQ(shape().size_due[0], 50u);
  ASSERT_TRUE(pick());
  options.merge_threshold_percent = 51;
  EXPECT_FALSE(pick());

  // Debt counts from the whole size, so writers do not wait for less.
  add(5, 3, "d", "e", 600);
  EXPECT_EQ(pick()->source_level, 5u);
  options.merge_threshold_percent = 100;
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, TieredTablesOfOneSizeBecomeOneThatStaysInLevelZero) {
  options.merge_policy = MergePolicy::tiered;
  options.min_compaction_files = 3;
  add(6, 1, "a", "z", 1000);
  add(0, 2, "a", "c", 50);
  add(0, 3, "a", "c", 10);
  add(0, 4, "b", "c", 12);
  EXPECT_FALSE(pick());
  add(0, 5, "a", "c", 15);
  add(0, 6, "a", "c", 1);
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->target_level, 0u);
  EXPECT_THAT(numbers(plan->source), ElementsAre(5, 4, 3));
}

TEST_F(PickerTest, WhatIsNewerThanWritesInMemoryStaysApartInLevelZero) {
  options.merge_policy = MergePolicy::tiered;
  options.min_compaction_files = 2;
  add(0, 3, "a", "c", 10);
  add(0, 4, "b", "c", 10);
  add(0, 9, "a", "c", 10);
  EXPECT_THAT(numbers(pick()->source), ElementsAre(9, 4, 3));
  flushed = Timestamp{5};
  EXPECT_THAT(numbers(pick()->source), ElementsAre(4, 3));
  options.min_compaction_files = 3;
  EXPECT_FALSE(pick());
}

// Two tables of one commit have keys apart, and what lies below them may have keys of both.
TEST_F(PickerTest, NoTierBeginsBetweenTablesOfOneCommit) {
  options.merge_policy = MergePolicy::tiered;
  options.min_compaction_files = 2;
  add(0, 3, "a", "z", 10);
  add(0, 7, "a", "c", 10);
  add(0, 8, "d", "f", 100);
  EXPECT_THAT(numbers(pick()->source), ElementsAre(7, 3));
  TableMeta meta = levels[0][1]->meta();
  meta.newest = Timestamp{8};
  levels[0][1] = make_table_handle({files, cache, 0}, "/none", meta);
  EXPECT_THAT(numbers(pick()->source), ElementsAre(8, 7, 3));
  EXPECT_EQ(pick()->target_level, shape().base);
}

TEST_F(PickerTest, TiersAboveOlderTablesKeepTheirDeletes) {
  options.merge_policy = MergePolicy::tiered;
  options.min_compaction_files = 2;
  add(0, 2, "a", "c", 50);
  add(0, 3, "a", "c", 10, 1);
  add(0, 4, "a", "c", 10, 1);
  EXPECT_FALSE(pick()->bottom);
  levels[0].erase(levels[0].begin());
  EXPECT_TRUE(pick()->bottom);
}

TEST_F(PickerTest, TieredTheLastLevelTakesAColumnOnceLevelZeroIsAsLarge) {
  options.merge_policy = MergePolicy::tiered;
  add(6, 1, "a", "z", 500);
  add(0, 2, "a", "c", 400);
  EXPECT_FALSE(pick());
  add(0, 3, "d", "e", 101);
  ASSERT_TRUE(pick());
  EXPECT_EQ(pick()->target_level, kLastLevel);
}

}  // namespace
}  // namespace coppice::engine
