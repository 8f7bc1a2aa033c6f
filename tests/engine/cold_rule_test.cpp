// Which tables belong into the cold directory, and which is brought there next.
#include "engine/compact/cold_rule.hpp"

#include "tests/engine/picker_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;

Timestamp at_ms(uint64_t ms) { return Timestamp{ms << 20}; }

TEST(ColdRuleTest, ByLevelTheLastIsColdHoweverYoung) {
  const ColdRule rule{.on = true, .now_ms = 5000};
  EXPECT_TRUE(rule.is_cold(kLastLevel, at_ms(5000)));
  EXPECT_FALSE(rule.is_cold(kLastLevel - 1, at_ms(1)));
  EXPECT_FALSE(rule.is_cold(0, at_ms(1)));
}

TEST(ColdRuleTest, ByAgeTheNewestWriteDecidesInEveryLevel) {
  const ColdRule rule{.on = true, .after_ms = 1000, .now_ms = 5000};
  for (const uint32_t level : {0u, 3u, kLastLevel}) {
    EXPECT_TRUE(rule.is_cold(level, at_ms(4000)));
    EXPECT_FALSE(rule.is_cold(level, at_ms(4001)));
    EXPECT_FALSE(rule.is_cold(level, at_ms(9000)));
  }
  // A clock that has hardly begun.
  const ColdRule young{.on = true, .after_ms = 1000, .now_ms = 999};
  EXPECT_FALSE(young.is_cold(kLastLevel, kTimestampMin));
}

TEST(ColdRuleTest, NeverAndWithoutADirectoryNothingIs) {
  const ColdRule never{.on = true, .after_ms = kNeverCold, .now_ms = UINT64_MAX};
  EXPECT_FALSE(never.is_cold(kLastLevel, at_ms(1)));
  EXPECT_FALSE(ColdRule().is_cold(kLastLevel, at_ms(1)));
}

TEST(ColdRuleTest, WithoutRoomNothingIsColdAndNothingIsOutOfPlace) {
  for (const uint64_t after_ms : {uint64_t{0}, uint64_t{1000}}) {
    const ColdRule full{.on = true, .after_ms = after_ms, .now_ms = 5000, .full = true};
    EXPECT_FALSE(full.is_cold(kLastLevel, at_ms(1)));
    EXPECT_FALSE(full.takes_along(false, true));
  }
}

TEST(ColdRuleTest, ValuesGoAlongToTheColdDirectoryAndBackOnlyWhenAllDoes) {
  const ColdRule by_level{.on = true};
  EXPECT_TRUE(by_level.takes_along(false, true));
  EXPECT_FALSE(by_level.takes_along(true, true));
  EXPECT_FALSE(by_level.takes_along(false, false));
  EXPECT_FALSE(by_level.takes_along(true, false));
  const ColdRule never{.on = true, .after_ms = kNeverCold};
  EXPECT_TRUE(never.takes_along(true, false));
  EXPECT_FALSE(never.takes_along(false, false));
  EXPECT_FALSE(ColdRule().takes_along(false, true));
  EXPECT_FALSE(ColdRule().takes_along(true, false));
}

class PickMisplacedTest : public PickerFixture {
protected:
  PickMisplacedTest() { cold = {.on = true, .after_ms = 0, .now_ms = 0}; }

  /// A table of level 1 and below is `in_cold`.
  void add_in(bool in_cold, uint32_t level, uint64_t number, const Bytes& begin, const Bytes& end) {
    add(level, number, begin, end);
    TableMeta meta = levels[level].back()->meta();
    meta.cold = in_cold;
    levels[level].back() =
        make_table_handle({.files = files, .cache = cache, .cold_directory = "/cold"}, "/none", meta);
  }
  std::optional<MergePlan> pick_place() { return pick_misplaced(Version(levels), cold, under_way); }
};

TEST_F(PickMisplacedTest, TakesTheOneThatIsOldestAndWritesItAnewInItsLevel) {
  add_in(true, 6, 1, "a", "b");
  add_in(false, 6, 7, "c", "d");
  add_in(false, 6, 5, "e", "f");
  add_in(false, 5, 9, "a", "f");
  const auto plan = pick_place();
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(5));
  EXPECT_EQ(plan->source_level, 6u);
  EXPECT_EQ(plan->target_level, 6u);
  EXPECT_TRUE(plan->target.empty());
  EXPECT_FALSE(plan->move);
  EXPECT_TRUE(plan->bottom);
  EXPECT_TRUE(any_misplaced(Version(levels), cold));
}

TEST_F(PickMisplacedTest, BringsBackWhatIsNoLongerCold) {
  add_in(true, 5, 1, "a", "b");
  EXPECT_THAT(numbers(pick_place()->source), ElementsAre(1));
  cold.after_ms = kNeverCold;
  add_in(true, 6, 2, "c", "d");
  add_in(false, 6, 3, "e", "f");
  EXPECT_THAT(numbers(pick_place()->source), ElementsAre(1));
}

TEST_F(PickMisplacedTest, ATableOfLevelZeroHasOlderOnesBelowItThatItsDeletesHide) {
  cold.after_ms = 10;
  cold.now_ms = 20;
  add_in(true, 0, 1, "a", "m");
  add_in(false, 0, 2, "a", "m");
  const auto plan = pick_place();
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(2));
  EXPECT_FALSE(plan->bottom);
}

TEST_F(PickMisplacedTest, LeavesWhatIsBeingMerged) {
  add_in(false, 6, 1, "a", "b");
  add_in(false, 6, 2, "c", "d");
  under_way.push_back({6, 6, {"a", "b"}, {1}});
  EXPECT_THAT(numbers(pick_place()->source), ElementsAre(2));
}

TEST_F(PickMisplacedTest, FindsNothingWhereAllIsInPlaceOrThereIsNoDirectory) {
  add_in(true, 6, 1, "a", "b");
  add_in(false, 5, 2, "a", "b");
  EXPECT_FALSE(pick_place());
  EXPECT_FALSE(any_misplaced(Version(levels), cold));
  add_in(false, 6, 3, "c", "d");
  EXPECT_TRUE(pick_place());
  for (const ColdRule rule : {ColdRule{}, ColdRule{.on = true, .full = true}}) {
    cold = rule;
    EXPECT_FALSE(pick_place());
    EXPECT_FALSE(any_misplaced(Version(levels), cold));
  }
}

TEST_F(PickMisplacedTest, AMergeOfARangeEndsWithItsTablesInPlace) {
  add_in(true, 6, 1, "a", "b");
  add_in(false, 6, 2, "c", "d");
  EXPECT_THAT(numbers(pick_range({})->source), ElementsAre(2));
  EXPECT_FALSE(pick_range({"a", "b"}));
}

TEST_F(PickMisplacedTest, ThePartOfAPlanIsAsYoungAsTheNewestThatItReads) {
  add(5, 9, "c", "d");
  add(6, 1, "a", "b");
  add(6, 2, "c", "d");
  MergePlan plan = plan_into(Version(levels), 5, 6, levels[5]);
  plan.target = levels[6];
  EXPECT_EQ(newest_in(plan, {"a", "c"}), Timestamp{1});
  EXPECT_EQ(newest_in(plan, {"c", std::nullopt}), Timestamp{9});
}

}  // namespace
}  // namespace coppice::engine
