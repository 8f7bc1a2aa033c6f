// A tree in two directories: what lies where, and what moves there and back.
#include "tests/engine/tree_cold_fixture.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::engine {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TreeColdTest : public TreeColdFixture {};

TEST_P(TreeColdTest, TheLastLevelLiesInTheColdDirectoryWithItsValuesAndTheRestDoesNot) {
  put(0, 600);
  ok(stand.compact());
  EXPECT_THAT(hot(), IsEmpty());
  EXPECT_THAT(cold(), AllOf(Contains(HasSubstr(".sst")), Contains(HasSubstr(".val"))));
  expect_all_well();

  put(100, 300);
  ok(stand.flush());
  EXPECT_THAT(hot(), AllOf(Contains(HasSubstr(".sst")), Contains(HasSubstr(".val"))));
  expect_all_well();
  reopen();
  expect_all_well();
  ok(stand.compact());
  EXPECT_THAT(hot(), IsEmpty());
  expect_all_well();
  if (!GetParam()) return;
  for (const std::string& name : cold())
    EXPECT_EQ(memory.content("/slow/tree/" + name).find("key1"), Bytes::npos) << name;
}

// What a leveled tree would only move down changes its disk, so it is written anew.
TEST_P(TreeColdTest, TablesThatMeetNothingAreWrittenAnewWhereTheyBelong) {
  for (int number = 0; number < 1500; ++number) {
    put(number);
    if (!stand.tree->memtable_full()) continue;
    ok(stand.tree->seal_memtable());
    while (auto job = stand.tree->plan_flush({})) ok(stand.finish(std::move(job)));
    while (auto job = stand.tree->plan_merge({})) {
      ok(stand.finish(std::move(job)));
      EXPECT_EQ(stand.tree->stats().levels.back().tables, tables_in(cold())) << "not at once";
    }
  }
  EXPECT_THAT(cold(), Not(IsEmpty()));
  expect_all_well();
}

TEST_P(TreeColdTest, ADirectoryGivenToATreeThatIsThereGetsItsLastLevelByAndBy) {
  stand.cold_directory.clear();
  ok(stand.open());
  put(0, 900);
  ok(stand.compact());
  EXPECT_THAT(cold(), IsEmpty());
  stand.cold_directory = "/slow/tree";
  reopen();
  EXPECT_TRUE(stand.tree->frees_with_time());
  // No level is due, and nothing is written.
  ok(stand.catch_up());
  EXPECT_THAT(hot(), IsEmpty());
  EXPECT_THAT(cold(), Not(IsEmpty()));
  EXPECT_FALSE(stand.tree->frees_with_time());
  expect_all_well();
}

// It is a link of the file that was built, which lies where its builder put it.
TEST_P(TreeColdTest, WhatIsIngestedGoesThereWithTheNextMerge) {
  put(0, 300);
  ok(stand.compact());
  SortedItems items;
  for (int number = 2000; number < 2100; ++number) {
    items[key_of(number)] = "built outside";
    expected[key_of(number)] = "built outside";
  }
  ok(build_file(disks, "/sorted", items, {.keys = stand.keys, .seed = 1}));
  ok(ingest_file(disks, stand, "/sorted"));
  EXPECT_EQ(tables_in(hot()), 1u);
  EXPECT_TRUE(stand.tree->frees_with_time());
  expect_all_well();
  ok(stand.catch_up());
  EXPECT_THAT(hot(), IsEmpty());
  expect_all_well();
  reopen();
  expect_all_well();
}

TEST_P(TreeColdTest, ByAgeAWholeTableMovesOnceItsNewestWriteIsOldEnough) {
  stand.options.cold_after_ms = 10 * kHourMs;
  reopen();
  put(0, 300);
  ok(stand.compact());
  clock.pass(6 * kHourMs);
  put(5000, 5200);
  ok(stand.flush());
  EXPECT_THAT(cold(), IsEmpty());
  EXPECT_FALSE(stand.tree->frees_with_time());

  clock.pass(4 * kHourMs);
  EXPECT_TRUE(stand.tree->frees_with_time());
  ok(stand.catch_up());
  const auto first = cold();
  EXPECT_THAT(first, Not(IsEmpty()));
  EXPECT_THAT(hot(), Not(IsEmpty()));
  expect_all_well();

  // So does what came later.
  clock.pass(6 * kHourMs);
  ok(stand.catch_up());
  EXPECT_THAT(hot(), IsEmpty());
  EXPECT_GT(cold().size(), first.size());
  expect_all_well();

  // What is merged with young writes is young.
  put(0, 10);
  ok(stand.compact());
  EXPECT_THAT(hot(), Contains(HasSubstr(".sst")));
  expect_all_well();
  reopen();
  expect_all_well();
}

TEST_P(TreeColdTest, NeverBringsEverythingBackAndThenNoDirectoryIsNeeded) {
  put(0, 600);
  ok(stand.compact());
  ASSERT_THAT(hot(), IsEmpty());
  stand.options.cold_after_ms = kNeverCold;
  reopen();
  ok(stand.catch_up());
  EXPECT_THAT(cold(), IsEmpty());
  expect_all_well();
  stand.cold_directory.clear();
  reopen();
  EXPECT_EQ(stand.items(), expected);
}

// By age a young table may go on referring to old values; never has to bring those back too.
TEST_P(TreeColdTest, NeverBringsBackValuesOfTablesThatAreNotCold) {
  stand.options.cold_after_ms = kHourMs;
  reopen();
  put(0, 40);
  ok(stand.compact());
  clock.pass(2 * kHourMs);
  ok(stand.catch_up());
  ASSERT_THAT(hot(), IsEmpty());
  put(1, 3);
  ok(stand.compact());
  ASSERT_THAT(hot(), Not(IsEmpty()));
  ASSERT_THAT(cold(), Contains(HasSubstr(".val")));
  stand.options.cold_after_ms = kNeverCold;
  reopen();
  ok(stand.compact());
  EXPECT_THAT(cold(), IsEmpty());
  expect_all_well();
}

INSTANTIATE_TEST_SUITE_P(Trees, TreeColdTest, ::testing::Bool(), cold_name);

}  // namespace
}  // namespace coppice::engine
