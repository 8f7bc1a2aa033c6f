#include "engine/compact/expired_tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"
#include "tests/engine/picker_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Tables without files: what is decided is decided by the manifest alone.
class ExpiredTablesTest : public PickerFixture {
protected:
  ExpiredTablesTest() {
    rules.floor = first_of_millisecond(100);
    rules.floor_ms = 100;
  }
  /// All of it expires at `all`; 0: not all of it. Written at one moment, in the milliseconds that are its number.
  void add_expiring(uint32_t level, uint64_t number, const Bytes& begin, const Bytes& end, uint64_t all) {
    add(level, number, begin, end);
    TableMeta meta = levels[level].back()->meta();
    meta.oldest = meta.newest = first_of_millisecond(number);
    meta.expiry = {all, all, all};
    levels[level].back() = make_table_handle({files, cache, 0}, "/none", meta);
  }
  std::vector<uint64_t> dropped() {
    const auto plan = pick_expired(Version(levels), rules, under_way);
    if (!plan) return {};
    EXPECT_TRUE(plan->drop);
    EXPECT_THAT(plan->target, IsEmpty());
    return numbers(plan->source);
  }
  void hold(uint64_t ms) { rules.snapshots.push_back(first_of_millisecond(ms)); }

  SurvivalRules rules;
};

TEST_F(ExpiredTablesTest, GoWhenTheLastEntryHasExpired) {
  add_expiring(6, 1, "a", "c", 100);
  add_expiring(6, 2, "c", "e", 101);
  add_expiring(6, 3, "e", "g", 0);
  EXPECT_THAT(dropped(), ElementsAre(1));
  rules.floor_ms = 99;
  EXPECT_THAT(dropped(), IsEmpty());
}

TEST_F(ExpiredTablesTest, StayAboveOlderVersionsThatWouldComeBack) {
  add_expiring(6, 1, "b", "d", 0);
  add_expiring(4, 2, "a", "c", 50);
  EXPECT_THAT(dropped(), IsEmpty());
  levels[6].clear();
  add_expiring(6, 1, "c", "d", 0);
  EXPECT_THAT(dropped(), ElementsAre(2));
}

TEST_F(ExpiredTablesTest, StayAboveWhatHasNotExpiredTwoLevelsDown) {
  add_expiring(6, 1, "a", "b", 0);
  add_expiring(5, 2, "a", "c", 50);
  add_expiring(0, 3, "b", "d", 60);
  add_expiring(0, 4, "a", "b", 60);
  // Below 3 lies 2 alone, which has expired, though it has to stay.
  EXPECT_THAT(dropped(), ElementsAre(3));
}

TEST_F(ExpiredTablesTest, StayAboveOlderTablesOfLevelZero) {
  add_expiring(0, 1, "a", "c", 0);
  add_expiring(0, 2, "b", "d", 50);
  EXPECT_THAT(dropped(), IsEmpty());
  levels[0].clear();
  // Newer ones hide it themselves.
  add_expiring(0, 1, "b", "d", 50);
  add_expiring(0, 2, "a", "c", 0);
  EXPECT_THAT(dropped(), ElementsAre(1));
}

TEST_F(ExpiredTablesTest, GoWithThoseBelowThatHaveExpiredLowestFirst) {
  add_expiring(6, 1, "a", "c", 50);
  add_expiring(5, 2, "b", "d", 60);
  EXPECT_THAT(dropped(), ElementsAre(1));
  levels[6].clear();
  EXPECT_THAT(dropped(), ElementsAre(2));
}

TEST_F(ExpiredTablesTest, StayWhileASnapshotSeesThemAlive) {
  add_expiring(6, 10, "a", "c", 50);
  hold(49);
  EXPECT_THAT(dropped(), IsEmpty());
  rules.snapshots = {first_of_millisecond(50)};
  EXPECT_THAT(dropped(), ElementsAre(10));
  // One that is older than the table does not see it.
  rules.snapshots = {first_of_millisecond(9)};
  EXPECT_THAT(dropped(), ElementsAre(10));
}

TEST_F(ExpiredTablesTest, StayWhileTheyAreBeingMerged) {
  add_expiring(6, 1, "a", "c", 50);
  under_way.push_back({5, 6, {"a", "b"}, {1}});
  EXPECT_THAT(dropped(), IsEmpty());
}

// What is merged for the sake of what has expired.

TEST_F(ExpiredTablesTest, ATableOfWhichHalfHasExpiredIsMerged) {
  add_expiring(6, 1, "a", "c", 0);
  TableMeta meta = levels[6].back()->meta();
  meta.expiry = {40, 50, 0};
  levels[6].back() = make_table_handle({files, cache, 0}, "/none", meta);
  settled = first_of_millisecond(100);
  expired_ms = 49;
  EXPECT_FALSE(pick());
  ASSERT_TRUE(pick(MergeNeed::idle)) << "a quarter is worth it while there is nothing else to do";
  expired_ms = 39;
  EXPECT_FALSE(pick(MergeNeed::idle));
  expired_ms = 50;
  ASSERT_TRUE(pick());
  EXPECT_TRUE(pick()->bottom);
  // It would have to be merged again, as deletes that a snapshot needs.
  settled = first_of_millisecond(0);
  EXPECT_FALSE(pick(MergeNeed::idle));
}

TEST_F(ExpiredTablesTest, ATableOfWhichHalfIsHiddenIsMergedOnceNobodyAsks) {
  add(6, 7, "a", "c");
  TableMeta meta = levels[6].back()->meta();
  meta.hidden_count = meta.entry_count / 2;
  levels[6].back() = make_table_handle({files, cache, 0}, "/none", meta);
  settled = Timestamp{6};
  EXPECT_FALSE(pick());
  settled = Timestamp{7};
  EXPECT_TRUE(pick());
}

TEST_F(ExpiredTablesTest, AnyIsExpiredFromItsFirstQuarterOn) {
  EXPECT_FALSE(any_expired(Version(levels), rules));
  add_expiring(3, 1, "a", "c", 101);
  EXPECT_FALSE(any_expired(Version(levels), rules));
  rules.floor_ms = 101;
  EXPECT_TRUE(any_expired(Version(levels), rules));
}

}  // namespace
}  // namespace coppice::engine
