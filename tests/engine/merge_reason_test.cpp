// Every merge that is picked knows why: what operators read in its events.
#include "engine/compact/deleted_tables.hpp"
#include "engine/compact/expired_tables.hpp"
#include "engine/compact/flush_step.hpp"
#include "engine/compact/garbage.hpp"
#include "tests/engine/picker_fixture.hpp"

namespace coppice::engine {
namespace {

class MergeReasonTest : public PickerFixture {
protected:
  static MergeReason of(const std::optional<MergePlan>& plan) {
    return plan ? plan->reason : MergeReason::none;
  }
};

TEST_F(MergeReasonTest, ALevelThatHasOutgrownItsSize) {
  add(kLastLevel, 1, "a", "b", 500);
  add(0, 2, "a", "c", 600);
  EXPECT_EQ(of(pick()), MergeReason::level_size);
  levels[0].clear();
  add(2, 3, "a", "c");
  EXPECT_EQ(of(pick()), MergeReason::level_size);
}

TEST_F(MergeReasonTest, MoreTablesInLevelZeroThanAReadShouldMeet) {
  for (uint64_t number = 2; number <= 5; ++number) add(0, number, "a", "z", 1);
  EXPECT_EQ(of(pick()), MergeReason::level0_depth);
}

TEST_F(MergeReasonTest, TablesOfOneSizeThatMakeATier) {
  options.merge_policy = MergePolicy::tiered;
  add(kLastLevel, 1, "a", "z", 5000);
  add(0, 2, "a", "z", 10);
  add(0, 3, "a", "z", 10);
  EXPECT_EQ(of(pick()), MergeReason::tiers);
}

TEST_F(MergeReasonTest, MoreTablesThanThereMayBe) {
  options.max_sstables = 64;
  for (uint64_t number = 100; number <= 170; ++number)
    add(kLastLevel, number, std::to_string(number), std::to_string(number) + "~", 10);
  EXPECT_EQ(of(pick()), MergeReason::table_count);
}

TEST_F(MergeReasonTest, DeletesThatLieDense) {
  add(kLastLevel, 1, "a", "c", 300);
  add(0, 2, "a", "c", 40, 5);
  EXPECT_EQ(of(pick()), MergeReason::deletes);
}

TEST_F(MergeReasonTest, TimeForWhatLiesAboveTheLastLevel) {
  add(kLastLevel, 1, "a", "c", 300);
  add(0, 2, "a", "c", 40);
  EXPECT_EQ(of(pick()), MergeReason::none);
  EXPECT_EQ(of(pick(MergeNeed::idle)), MergeReason::idleness);
}

TEST_F(MergeReasonTest, SomebodyAskedForIt) {
  key_id = 7;
  add(kLastLevel, 1, "a", "c");
  EXPECT_EQ(of(pick_range({})), MergeReason::request);
  add(5, 2, "a", "c");
  EXPECT_EQ(of(pick_range({})), MergeReason::request);
  add(0, 3, "a", "c");
  EXPECT_EQ(of(pick_range({})), MergeReason::request);
}

TEST_F(MergeReasonTest, AnotherKeyThanThatOfNewFiles) {
  add(kLastLevel, 1, "a", "c");
  EXPECT_EQ(of(pick_other_key(Version(levels), 7, under_way)), MergeReason::other_key);
}

TEST_F(MergeReasonTest, ATableThatLiesInTheOtherDirectory) {
  cold = {.on = true};
  add(kLastLevel, 1, "a", "c");
  EXPECT_EQ(of(pick_misplaced(Version(levels), cold, under_way)), MergeReason::place);
}

TEST_F(MergeReasonTest, TablesInWhichNobodySeesAnything) {
  add(kLastLevel, 1, "b", "c");
  add_range_delete(0, 2, "a", "d");
  SurvivalRules rules;
  rules.floor = Timestamp{100};
  EXPECT_EQ(of(pick_deleted(Version(levels), rules, under_way)), MergeReason::hidden_tables);
}

TEST_F(MergeReasonTest, TablesOfWhichAllHasExpired) {
  add(kLastLevel, 1, "a", "c");
  TableMeta meta = levels[kLastLevel].back()->meta();
  meta.expiry = {50, 50, 50};
  levels[kLastLevel].back() = make_table_handle({.files = files, .cache = cache}, "/none", meta);
  SurvivalRules rules;
  rules.floor_ms = 100;
  EXPECT_EQ(of(pick_expired(Version(levels), rules, under_way)), MergeReason::expired_tables);
}

TEST_F(MergeReasonTest, ValueFilesThatAreToBeEmptied) {
  const std::vector<ValueFileHandle> values{
      make_value_file({.files = files, .cache = cache}, "/none", {1, 1000 + kValueFooterSize, 1})};
  for (const uint32_t level : {kLastLevel, uint32_t{0}}) {
    add(level, 2, "a", "c");
    TableMeta meta = levels[level].back()->meta();
    meta.values.add(1, 100);
    levels[level].back() = make_table_handle({.files = files, .cache = cache}, "/none", meta);
    EXPECT_EQ(of(pick_garbage(Version(levels, values), options, {1}, under_way, {}, kTimestampMax)),
              MergeReason::garbage);
    levels[level].clear();
  }
}

TEST_F(MergeReasonTest, AMemtableThatWouldFillLevelZero) {
  add(kLastLevel, 1, "a", "m");
  add(0, 2, "b", "d");
  const KeySample waiting{{"b", "c"}, 50};
  EXPECT_EQ(of(pick_flush_step(Version(levels), options, waiting, under_way)), MergeReason::flush);
}

TEST(MergeReasonNamesTest, EachHasItsOwn) {
  std::vector<std::string> names;
  for (size_t reason = 0; reason < kMergeReasonCount; ++reason)
    names.emplace_back(name_of(static_cast<MergeReason>(reason)));
  EXPECT_EQ(names.back(), name_of(MergeReason::place));
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace coppice::engine
