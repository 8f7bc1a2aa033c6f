// Which value files are to be emptied, and by which merges.
#include "engine/compact/garbage.hpp"

#include "engine/compact/backlog.hpp"
#include "tests/engine/picker_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GarbageTest : public PickerFixture {
protected:
  using Uses = std::vector<ValueUses::Use>;

  void add_values(uint64_t number, uint64_t size) {
    values.push_back(make_value_file({.files = files, .cache = cache}, "/none",
                                     {number, size + kValueFooterSize, number}));
  }
  void add_table(uint32_t level, uint64_t number, const Bytes& begin, const Bytes& end, const Uses& uses) {
    add(level, number, begin, end, 10);
    TableMeta meta = levels[level].back()->meta();
    for (const ValueUses::Use& use : uses) meta.values.add(use.file, use.size);
    levels[level].back() = make_table_handle({.files = files, .cache = cache}, "/none", meta);
  }
  Version version() { return Version(levels, values); }
  std::optional<MergePlan> pick_for(const std::vector<uint64_t>& emptied) {
    return pick_garbage(version(), options, emptied, under_way, {}, flushed);
  }

  std::vector<ValueFileHandle> values;
};

TEST_F(GarbageTest, NothingIsEmptiedBelowTheLimit) {
  add_values(1, 1000);
  add_table(6, 10, "a", "b", {{1, 900}});
  EXPECT_EQ(version().garbage_size(), 100u);
  EXPECT_GT(garbage_limit(version()), 100u);
  EXPECT_THAT(files_to_empty(version()), IsEmpty());
}

TEST_F(GarbageTest, WritesThatItSlowsKnowWhy) {
  add_values(1, 1000);
  add_table(6, 10, "a", "b", {{1, 1000}});
  EXPECT_EQ(stall_reason(version(), options, 0, 0), StallReason::none);
  add_values(2, 1500);
  add_table(6, 11, "b", "c", {{2, 100}});
  EXPECT_GT(garbage_debt(version(), options), 0);
  EXPECT_EQ(stall_reason(version(), options, 0, 0), StallReason::garbage);
  // What does not come by itself keeps no writer waiting.
  EXPECT_EQ(stall_reason(version(), options, 0, 0, Merging::off), StallReason::none);
  EXPECT_EQ(stall_reason(version(), options, options.sealed_memtables_max, 0), StallReason::memtables);
}

TEST_F(GarbageTest, TheFilesWithTheLargestShareOfItAreEmptied) {
  add_values(1, 1000);
  add_values(2, 1000);
  add_values(3, 1000);
  add_table(6, 10, "a", "b", {{1, 1000}, {2, 300}, {3, 800}});
  EXPECT_THAT(files_to_empty(version()), ElementsAre(2));
}

TEST_F(GarbageTest, MoreLeavesLessRoomForItTheMoreLiesAboveTheLastLevel) {
  add_values(1, 10'000);
  add_table(6, 10, "a", "b", {{1, 8000}});
  const uint64_t alone = garbage_limit(version());
  add_values(2, 1000);
  add_table(5, 11, "a", "b", {{2, 1000}});
  const uint64_t below_some = garbage_limit(version());
  EXPECT_LT(below_some, alone);
  add_values(3, 20'000);
  add_table(4, 12, "a", "b", {{3, 20'000}});
  // Never none at all, or every dropped value would call for a merge.
  EXPECT_GT(garbage_limit(version()), 8000 / 20u);
  EXPECT_LT(garbage_limit(version()), below_some);
}

TEST_F(GarbageTest, AFileThatNobodyRefersToIsNoneOfTheVersions) {
  add_values(1, 1000);
  add_values(2, 1000);
  add_table(6, 10, "a", "b", {{2, 1000}});
  EXPECT_EQ(version().values().size(), 1u);
  EXPECT_EQ(version().find_values(1), nullptr);
  EXPECT_NE(version().find_values(2), nullptr);
}

TEST_F(GarbageTest, AnEditTakesFilesAlongThatItsTablesRefersTo) {
  add_values(1, 1000);
  add_table(6, 10, "a", "b", {{1, 600}});
  add_table(6, 11, "b", "c", {{1, 300}});
  VersionEdit edit;
  edit.removed = {{6, 10}};
  const auto next = version().apply(edit, {});
  ASSERT_EQ(next->values().size(), 1u);
  EXPECT_EQ(next->garbage_size(), 700u);
  edit.removed = {{6, 11}};
  EXPECT_THAT(next->apply(edit, {})->values(), IsEmpty());
}

TEST_F(GarbageTest, NeighboursThatUseItAreMergedTogetherWhereTheyLie) {
  options.memtable_size = 1000;
  options.table_size = 1000;
  add_values(1, 5000);
  add_values(2, 5000);
  add_table(6, 10, "a", "b", {{1, 100}});
  add_table(6, 11, "b", "c", {{1, 100}});
  add_table(6, 12, "c", "d", {{2, 900}});
  add_table(6, 13, "d", "e", {{1, 50}});
  const auto plan = pick_for({1});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, 6u);
  EXPECT_EQ(plan->target_level, 6u);
  EXPECT_THAT(numbers(plan->source), ElementsAre(10, 11));
  EXPECT_FALSE(plan->move);
  EXPECT_EQ(size_in_files(*plan, {1}), 200u);
}

TEST_F(GarbageTest, TablesThatAreBeingMergedWait) {
  add_values(1, 5000);
  add_table(6, 10, "a", "b", {{1, 100}});
  add_table(6, 11, "b", "c", {{1, 50}});
  under_way.push_back({5, 6, {"a", "b"}, {10}});
  const auto plan = pick_for({1});
  ASSERT_TRUE(plan);
  EXPECT_THAT(numbers(plan->source), ElementsAre(11));
  under_way.push_back({6, 6, {"b", "c"}, {11}});
  EXPECT_FALSE(pick_for({1}));
}

TEST_F(GarbageTest, WhatWasFlushedComesDownIfNothingElseRefersToIt) {
  add_values(1, 5000);
  add_table(0, 10, "a", "b", {{1, 100}});
  add_table(6, 9, "c", "d", {});
  auto plan = pick_for({1});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, 0u);
  EXPECT_GT(plan->target_level, 0u);
  EXPECT_FALSE(plan->move) << "its values would stay where they are";
  add_table(6, 11, "e", "f", {{1, 1}});
  plan = pick_for({1});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, 6u);
}

// What was ingested may be newer than writes in memory, and one table of both would hide these.
TEST_F(GarbageTest, WhatIsNewerThanWritesInMemoryDoesNotStayInLevelZero) {
  options.merge_policy = MergePolicy::tiered;
  add_values(1, 1000);
  add_table(0, 5, "a", "c", {{1, 100}});
  add_table(0, 9, "a", "c", {{1, 100}});
  EXPECT_EQ(pick_for({1})->target_level, 0u);
  flushed = Timestamp{7};
  EXPECT_EQ(pick_for({1})->target_level, level_shape(version(), options).base);
}

TEST_F(GarbageTest, AMergeOfARangeTakesWhatOverlapsIt) {
  add_values(1, 5000);
  add_table(6, 10, "a", "b", {{1, 100}});
  add_table(6, 11, "c", "d", {{1, 50}});
  add_table(0, 12, "e", "f", {{1, 10}});
  const auto plan_in = [this](const KeyRange& range) {
    return pick_garbage(version(), options, {1}, under_way, range, kTimestampMax);
  };
  EXPECT_THAT(numbers(plan_in({"c", "z"})->source), ElementsAre(11));
  EXPECT_THAT(numbers(plan_in({"e", "z"})->source), ElementsAre(12));
  EXPECT_FALSE(plan_in({"g", "z"}));
}

TEST_F(GarbageTest, WithoutMergingItIsBoundedToo) {
  options.memtable_size = 1000;
  // All but one byte is garbage: nothing else counts for the limit.
  const auto with = [&](uint64_t size) {
    values.clear();
    levels = {};
    add_values(1, size + 1);
    add_table(6, 10, "a", "b", {{1, 1}});
    return version();
  };
  const uint64_t refused_at = 2 * 4 * 1000 + 100;
  EXPECT_GE(garbage_debt(with(refused_at), options), 1);
  for (const Merging merging : {Merging::off, Merging::paused, Merging::stopped}) {
    EXPECT_EQ(garbage_debt(with(7 * refused_at), options, merging), 0);
    EXPECT_EQ(garbage_debt(with(8 * refused_at), options, merging), 1);
  }
  const auto why = [&](Merging merging) { return backlog_text(version(), options, 0, 0, merging); };
  EXPECT_NE(why(Merging::on).find("garbage: wait"), std::string::npos) << why(Merging::on);
  EXPECT_NE(why(Merging::off).find("garbage, and merging is off: turn it on, or compact"), std::string::npos)
      << why(Merging::off);
}

TEST_F(GarbageTest, LevelsAreAsLargeAsWhatTheyKeep) {
  add_values(1, 5000);
  add_table(6, 10, "a", "b", {{1, 4000}});
  EXPECT_EQ(version().level_size(6), 4010u);
  EXPECT_EQ(version().tables_size(6), 10u);
}

}  // namespace
}  // namespace coppice::engine
