#include "engine/compact/picker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Tables without files: the picker looks at nothing but what the manifest says.
class PickerTest : public ::testing::Test {
protected:
  PickerTest() {
    options.memtable_size = 50;
    options.level0_merge_count = 2;
    options.level_ratio = 10;
  }

  void add(uint32_t level, uint64_t number, Bytes begin, Bytes end, uint64_t size = 60,
           uint64_t deletes = 0) {
    TableMeta meta;
    meta.number = number;
    meta.file_size = size;
    meta.bounds = {std::move(begin), std::move(end)};
    meta.entry_count = 10;
    meta.delete_count = deletes;
    meta.oldest = meta.newest = Timestamp{number};
    levels[level].push_back(make_table_handle({files, cache, 0}, "/none", meta));
  }
  /// Holds nothing but a range delete at the time that is its number; no size counts beside it.
  void add_range_delete(uint32_t level, uint64_t number, const Bytes& begin, const Bytes& end) {
    add(level, number, begin, end, 0);
    TableMeta meta = levels[level].back()->meta();
    meta.entry_count = 0;
    meta.range_delete_count = 1;
    meta.cleared = {{meta.bounds, meta.oldest, meta.newest}};
    levels[level].back() = make_table_handle({files, cache, 0}, "/none", meta);
  }
  std::optional<MergePlan> pick(MergeNeed need = MergeNeed::due) {
    return pick_merge(Version(levels), options, under_way, need, settled);
  }
  std::optional<MergePlan> pick_range(const KeyRange& range, const KeyRange& owned = {}) {
    return pick_merge_range(Version(levels), options, range, owned, under_way);
  }
  LevelShape shape() { return level_shape(Version(levels), options); }
  static std::vector<uint64_t> numbers(const std::vector<TableHandle>& tables) {
    std::vector<uint64_t> found;
    for (const TableHandle& each : tables) found.push_back(each->meta().number);
    return found;
  }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  TreeOptions options;
  std::array<Version::Level, kLevelCount> levels;
  std::vector<MergeUnderWay> under_way;
  Timestamp settled = kTimestampMin;
};

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

TEST_F(PickerTest, VersionsFindTheTableOfAKey) {
  add(1, 1, "a", "c");
  add(1, 2, "e", "g");
  const Version version(levels);
  EXPECT_EQ(version.find_table(1, "0"), nullptr);
  EXPECT_EQ((*version.find_table(1, "a"))->meta().number, 1u);
  EXPECT_EQ(version.find_table(1, "c"), nullptr);
  EXPECT_EQ((*version.find_table(1, "f"))->meta().number, 2u);
  EXPECT_EQ(version.find_table(1, "g"), nullptr);
}

TEST_F(PickerTest, DenseDeletesAreMergedBeforeTheyAreDue) {
  add(0, 5, "a", "c", 40, 4);
  add(6, 1, "a", "c", 300);
  EXPECT_FALSE(pick());
  levels[0].clear();
  add(0, 6, "a", "c", 40, 5);
  ASSERT_TRUE(pick());
  EXPECT_THAT(numbers(pick()->source), ElementsAre(6));
}

TEST_F(PickerTest, DenseDeletesThatWouldRewriteMuchWaitUntilThereIsTime) {
  add(0, 5, "a", "c", 1, 10);
  add(6, 1, "a", "c", 300);
  EXPECT_FALSE(pick());
  EXPECT_TRUE(pick(MergeNeed::idle));
}

TEST_F(PickerTest, DeletesAtTheBottomAreRewrittenOnceNobodyCanAskForWhatTheyHide) {
  add(6, 1, "a", "c", 300, 5);
  const Version version(levels);
  const Timestamp newest = version.level(6).front()->meta().newest;
  EXPECT_FALSE(pick_merge(version, options, {}, MergeNeed::due, Timestamp{newest.raw - 1}));
  const auto plan = pick_merge(version, options, {}, MergeNeed::due, newest);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, kLastLevel);
  EXPECT_EQ(plan->target_level, kLastLevel);
  EXPECT_TRUE(plan->bottom);
  EXPECT_FALSE(plan->move);
}

TEST_F(PickerTest, ARangeDeleteOverHalfOfWhatItMeetsIsMergedBeforeItIsDue) {
  add(kLastLevel, 1, "ka", "kc", 300);
  add(kLastLevel, 2, "kc", "ke", 300);
  add_range_delete(0, 9, "kb", "kd");
  settled = Timestamp{8};
  EXPECT_FALSE(pick(MergeNeed::idle)) << "a snapshot still sees what it would hide";
  settled = Timestamp{9};
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(9));
  EXPECT_THAT(numbers(plan->target), ElementsAre(1, 2));
}

TEST_F(PickerTest, ARangeDeleteOverLittleOfWhatItMeetsWaitsUntilThereIsTime) {
  add(kLastLevel, 1, "ka", "kz", 300);
  add_range_delete(0, 9, "kb", "kc");
  settled = Timestamp{9};
  EXPECT_FALSE(pick());
  EXPECT_TRUE(pick(MergeNeed::idle));
}

TEST_F(PickerTest, OfRangeDeletesTheOneIsMergedThatLeavesLeast) {
  add(kLastLevel, 1, "ka", "ke", 300);
  add(kLastLevel, 2, "ke", "ki", 300);
  add_range_delete(0, 8, "kc", "ke");
  add_range_delete(0, 9, "kf", "ki");
  settled = Timestamp{9};
  EXPECT_THAT(numbers(pick()->source), ElementsAre(9));
}

TEST_F(PickerTest, WhatARangeDeleteOfItsOwnTableHidesIsRewrittenOnceNobodyCanAskForIt) {
  add(kLastLevel, 1, "ka", "kc", 1000);
  TableMeta meta = levels[kLastLevel].back()->meta();
  meta.range_delete_count = 1;
  meta.newest = Timestamp{9};
  meta.cleared = {{meta.bounds, Timestamp{9}, Timestamp{9}}};
  levels[kLastLevel].back() = make_table_handle({files, cache, 0}, "/none", meta);
  settled = Timestamp{8};
  EXPECT_FALSE(pick(MergeNeed::idle));
  settled = Timestamp{9};
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->target_level, kLastLevel);
  EXPECT_THAT(numbers(plan->source), ElementsAre(1));
}

TEST_F(PickerTest, TieredTablesOfOneSizeBecomeOneThatStaysInLevelZero) {
  options.merge_policy = MergePolicy::tiered;
  options.level0_merge_count = 3;
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

TEST_F(PickerTest, TiersAboveOlderTablesKeepTheirDeletes) {
  options.merge_policy = MergePolicy::tiered;
  options.level0_merge_count = 2;
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
