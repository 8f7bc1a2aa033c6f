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
    options.level0_merge_count = 2;
    options.level1_size = 100;
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
    levels[level].push_back(make_table_handle({files, cache, 0}, "/none", meta));
  }
  std::optional<MergePlan> pick() { return pick_merge(Version(levels), options, under_way); }
  std::optional<MergePlan> pick_range(const KeyRange& range, const KeyRange& owned = {}) {
    return pick_merge_range(Version(levels), range, owned, under_way);
  }
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
};

TEST_F(PickerTest, NothingIsToBeDoneWithinTheLimits) {
  EXPECT_FALSE(pick());
  add(0, 1, "a", "z");
  add(1, 2, "a", "c", 99);
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, TakesAllOfLevelZeroNewestFirstAndWhatItOverlaps) {
  add(0, 5, "d", "f");
  add(0, 6, "e", "g");
  add(1, 1, "a", "c", 10);
  add(1, 2, "c", "e", 10);
  add(1, 3, "f", "h", 10);
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, 0u);
  EXPECT_EQ(plan->target_level, 1u);
  EXPECT_THAT(numbers(plan->source), ElementsAre(6, 5));
  EXPECT_THAT(numbers(plan->target), ElementsAre(2, 3));
  EXPECT_EQ(plan->hull, (KeyRange{"c", "h"}));
  EXPECT_FALSE(plan->move);
  EXPECT_TRUE(plan->bottom);
}

TEST_F(PickerTest, IsNotAtTheBottomWhileALevelBelowHoldsSomethingInTheHull) {
  add(0, 5, "d", "f");
  add(0, 6, "e", "g");
  add(3, 1, "a", "d");
  EXPECT_TRUE(pick()->bottom);
  add(2, 2, "f", "g");
  EXPECT_FALSE(pick()->bottom);
}

TEST_F(PickerTest, IsNotAtTheBottomWhileTheDeepestLevelHoldsSomethingInTheHull) {
  add(0, 5, "d", "f");
  add(0, 6, "e", "g");
  add(kLevelCount - 1, 1, "f", "g");
  EXPECT_FALSE(pick()->bottom);
}

TEST_F(PickerTest, MovesTablesThatMeetNothing) {
  add(0, 5, "a", "c");
  add(0, 6, "c", "e");
  ASSERT_TRUE(pick());
  EXPECT_TRUE(pick()->move);
  add(1, 1, "d", "f", 10);
  EXPECT_FALSE(pick()->move);
}

TEST_F(PickerTest, DoesNotMoveDeletesToTheBottom) {
  add(0, 5, "a", "c", 60, 1);
  add(0, 6, "c", "e");
  EXPECT_FALSE(pick()->move);
  add(2, 1, "b", "d");
  EXPECT_TRUE(pick()->move);
}

TEST_F(PickerTest, TakesTheTableThatRewritesLeastBelow) {
  add(1, 1, "a", "c");
  add(1, 2, "c", "e");
  add(2, 3, "a", "c", 100);
  add(2, 4, "c", "e", 20);
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(2));
  EXPECT_THAT(numbers(plan->target), ElementsAre(4));
}

TEST_F(PickerTest, TheLevelThatIsFurthestOverItsLimitGoesFirst) {
  add(0, 8, "a", "c");
  add(0, 9, "b", "d");
  add(1, 1, "x", "z", 250);
  EXPECT_EQ(pick()->source_level, 1u);
}

TEST_F(PickerTest, LeavesTablesThatAreBeingMergedAlone) {
  add(1, 1, "a", "c");
  add(1, 2, "c", "e");
  add(2, 3, "c", "e", 20);
  under_way = {{2, {"a", "b"}, {1}}};
  EXPECT_THAT(numbers(pick()->source), ElementsAre(2));
  under_way.push_back({3, {"c", "e"}, {3}});
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, LeavesKeysThatAreBeingWrittenToTheTargetAlone) {
  add(1, 1, "a", "c", 60);
  add(1, 2, "c", "e", 60);
  under_way = {{2, {"a", "z"}, {7}}};
  EXPECT_FALSE(pick());
}

TEST_F(PickerTest, TakesARangeDownLevelByLevelUntilItLiesInTheLast) {
  add(1, 1, "a", "c");
  add(1, 2, "m", "o");
  add(3, 4, "a", "z");
  auto plan = pick_range({"b", "d"});
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(1));
  EXPECT_EQ(plan->target_level, 2u);
  levels[1].clear();
  EXPECT_FALSE(pick_range({"b", "d"}));
}

TEST_F(PickerTest, RewritesTablesOfTheLastLevelThatStickOutOfTheTree) {
  add(2, 1, "a", "m");
  add(2, 2, "m", "z");
  const auto plan = pick_range({}, {"k", std::nullopt});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, plan->target_level);
  EXPECT_THAT(numbers(plan->source), ElementsAre(1));
  EXPECT_THAT(numbers(plan->target), IsEmpty());
  EXPECT_FALSE(plan->move);
  EXPECT_FALSE(pick_range({}, {"a", std::nullopt}));
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

}  // namespace
}  // namespace coppice::engine
