#include "tests/engine/picker_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;

class PickerDeletesTest : public PickerFixture {};

TEST_F(PickerDeletesTest, DenseDeletesAreMergedBeforeTheyAreDue) {
  add(0, 5, "a", "c", 40, 4);
  add(6, 1, "a", "c", 300);
  EXPECT_FALSE(pick());
  levels[0].clear();
  add(0, 6, "a", "c", 40, 5);
  ASSERT_TRUE(pick());
  EXPECT_THAT(numbers(pick()->source), ElementsAre(6));
}

TEST_F(PickerDeletesTest, DenseDeletesThatWouldRewriteMuchWaitUntilThereIsTime) {
  add(0, 5, "a", "c", 1, 10);
  add(6, 1, "a", "c", 300);
  EXPECT_FALSE(pick());
  EXPECT_TRUE(pick(MergeNeed::idle));
}

TEST_F(PickerDeletesTest, DeletesAtTheBottomAreRewrittenOnceNobodyCanAskForWhatTheyHide) {
  add(6, 1, "a", "c", 300, 5);
  const Version version(levels);
  const Timestamp newest = version.level(6).front()->meta().newest;
  EXPECT_FALSE(pick_merge(version, options, {}, MergeNeed::due, {Timestamp{newest.raw - 1}}));
  const auto plan = pick_merge(version, options, {}, MergeNeed::due, {newest});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, kLastLevel);
  EXPECT_EQ(plan->target_level, kLastLevel);
  EXPECT_TRUE(plan->bottom);
  EXPECT_FALSE(plan->move);
}

TEST_F(PickerDeletesTest, ARangeDeleteOverHalfOfWhatItMeetsIsMergedBeforeItIsDue) {
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

TEST_F(PickerDeletesTest, ARangeDeleteOverLittleOfWhatItMeetsWaitsUntilThereIsTime) {
  add(kLastLevel, 1, "ka", "kz", 300);
  add_range_delete(0, 9, "kb", "kc");
  settled = Timestamp{9};
  EXPECT_FALSE(pick());
  EXPECT_TRUE(pick(MergeNeed::idle));
}

TEST_F(PickerDeletesTest, OfRangeDeletesTheOneIsMergedThatLeavesLeast) {
  add(kLastLevel, 1, "ka", "ke", 300);
  add(kLastLevel, 2, "ke", "ki", 300);
  add_range_delete(0, 8, "kc", "ke");
  add_range_delete(0, 9, "kf", "ki");
  settled = Timestamp{9};
  EXPECT_THAT(numbers(pick()->source), ElementsAre(9));
}

TEST_F(PickerDeletesTest, WhatARangeDeleteOfItsOwnTableHidesIsRewrittenOnceNobodyCanAskForIt) {
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

}  // namespace
}  // namespace coppice::engine
