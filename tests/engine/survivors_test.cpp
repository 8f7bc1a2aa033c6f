#include "engine/compact/survivors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SurvivorsTest : public ::testing::Test {
protected:
  void put(const Bytes& key, uint64_t commit) { entries.push_back({key, Timestamp{commit}, Kind::put}); }
  void remove(const Bytes& key, uint64_t commit) {
    entries.push_back({key, Timestamp{commit}, Kind::remove});
  }
  void delete_range(const Bytes& begin, const Bytes& end, uint64_t commit) {
    range_deletes.push_back({begin, end, false, Timestamp{commit}});
  }
  void set(std::vector<uint64_t> snapshots, uint64_t floor, bool bottom = false) {
    rules.snapshots.clear();
    for (uint64_t snapshot : snapshots) rules.snapshots.push_back(Timestamp{snapshot});
    rules.floor = Timestamp{floor};
    rules.bottom = bottom;
  }
  /// "a5" for key a at 5.
  std::vector<std::string> kept() const {
    const RangeDeletes all(range_deletes);
    Survivors survivors(rules, all);
    std::vector<std::string> names;
    for (const Versioned& entry : entries)
      if (survivors.survivor({entry.key, entry.commit, entry.kind, ""}))
        names.push_back(entry.key + std::to_string(entry.commit.raw));
    return names;
  }
  std::vector<RangeDelete> kept_range_deletes() const {
    const RangeDeletes all(range_deletes);
    return Survivors(rules, all).range_deletes();
  }

  struct Versioned {
    Bytes key;
    Timestamp commit;
    Kind kind;
  };
  std::vector<Versioned> entries;
  std::vector<RangeDelete> range_deletes;
  SurvivalRules rules;
};

TEST_F(SurvivorsTest, OnlyTheNewestIsKeptWithoutSnapshots) {
  put("a", 9);
  put("a", 5);
  put("a", 2);
  put("b", 3);
  set({}, 9);
  EXPECT_THAT(kept(), ElementsAre("a9", "b3"));
}

TEST_F(SurvivorsTest, WhatASnapshotReadsIsKept) {
  put("a", 9);
  put("a", 5);
  put("a", 2);
  set({4}, 9);
  EXPECT_THAT(kept(), ElementsAre("a9", "a2"));
  set({5}, 9);
  EXPECT_THAT(kept(), ElementsAre("a9", "a5"));
  set({8}, 9);
  EXPECT_THAT(kept(), ElementsAre("a9", "a5"));
  set({9}, 9);
  EXPECT_THAT(kept(), ElementsAre("a9"));
  set({1}, 9);
  EXPECT_THAT(kept(), ElementsAre("a9"));
}

TEST_F(SurvivorsTest, WhatAReaderMayStillAskForIsKept) {
  put("a", 9);
  put("a", 5);
  put("a", 2);
  set({}, 6);
  EXPECT_THAT(kept(), ElementsAre("a9", "a5"));
  set({}, 1);
  EXPECT_THAT(kept(), ElementsAre("a9", "a5", "a2"));
}

TEST_F(SurvivorsTest, ADeleteIsDroppedAtTheBottomOnly) {
  remove("a", 5);
  put("a", 2);
  set({}, 9);
  EXPECT_THAT(kept(), ElementsAre("a5"));
  set({}, 9, true);
  EXPECT_THAT(kept(), IsEmpty());
  set({}, 4, true);
  EXPECT_THAT(kept(), ElementsAre("a5", "a2"));
}

TEST_F(SurvivorsTest, ADeleteThatHidesWhatASnapshotReadsIsKept) {
  remove("a", 5);
  put("a", 2);
  set({3}, 9, true);
  EXPECT_THAT(kept(), ElementsAre("a5", "a2"));
  set({5}, 9, true);
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(SurvivorsTest, OfOneBatchsWritesToAKeyTheFirstIsKept) {
  put("a", 5);
  remove("a", 5);
  set({5}, 5);
  EXPECT_THAT(kept(), ElementsAre("a5"));
}

TEST_F(SurvivorsTest, ARangeDeleteDropsOlderVersionsOnly) {
  put("a", 5);
  put("b", 6);
  put("c", 7);
  put("d", 5);
  delete_range("a", "d", 6);
  set({}, 9);
  EXPECT_THAT(kept(), ElementsAre("b6", "c7", "d5"));
  EXPECT_THAT(kept_range_deletes(), ElementsAre(range_deletes[0]));
}

TEST_F(SurvivorsTest, ARangeDeleteLeavesWhatASnapshotReads) {
  put("a", 5);
  delete_range("a", "d", 7);
  set({6}, 9, true);
  EXPECT_THAT(kept(), ElementsAre("a5"));
  EXPECT_THAT(kept_range_deletes(), ElementsAre(range_deletes[0]));
  set({7}, 9, true);
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_THAT(kept_range_deletes(), IsEmpty());
}

TEST_F(SurvivorsTest, AnEarlierRangeDeleteMayDropWhatALaterOneMayNot) {
  put("a", 2);
  delete_range("a", "b", 4);
  delete_range("a", "b", 8);
  set({6}, 9);
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(kept_range_deletes().size(), 2u);
  set({}, 9);
  EXPECT_THAT(kept_range_deletes(), ElementsAre(range_deletes[1]));
}

TEST_F(SurvivorsTest, NothingOutsideOfTheTreeIsKept) {
  put("a", 5);
  put("m", 5);
  put("z", 5);
  delete_range("a", "zz", 4);
  set({}, 9);
  rules.owned = {"b", "n"};
  EXPECT_THAT(kept(), ElementsAre("m5"));
  EXPECT_THAT(kept_range_deletes(), ElementsAre(RangeDelete{"b", "n", false, Timestamp{4}}));
}

TEST_F(SurvivorsTest, ATableUnderARangeDeleteNeedNotBeRead) {
  delete_range("b", "d", 8);
  delete_range("d", "f", 9);
  const auto drops = [&](const KeyRange& bounds, uint64_t oldest, uint64_t newest) {
    const RangeDeletes all(range_deletes);
    return Survivors(rules, all).drops_all(bounds, Timestamp{oldest}, Timestamp{newest});
  };
  set({}, 9);
  EXPECT_TRUE(drops({"b", "d"}, 2, 7));
  EXPECT_TRUE(drops({"c", "e"}, 2, 7));
  EXPECT_FALSE(drops({"c", "e"}, 2, 8));
  EXPECT_TRUE(drops({"d", "e"}, 2, 8));
  EXPECT_FALSE(drops({"a", "c"}, 2, 7));
  EXPECT_FALSE(drops({"e", "g"}, 2, 7));
  EXPECT_FALSE(drops({"e", std::nullopt}, 2, 7));
  set({}, 8);
  EXPECT_TRUE(drops({"b", "c"}, 2, 7));
  EXPECT_FALSE(drops({"d", "e"}, 2, 7));
  set({5}, 9);
  EXPECT_FALSE(drops({"b", "c"}, 2, 7));
  EXPECT_TRUE(drops({"b", "c"}, 6, 7));
  rules.owned = {"m", std::nullopt};
  EXPECT_TRUE(drops({"a", "c"}, 2, 7));
}

/// A put at 5 ms that expires at 20 ms: what becomes of it, by who may still ask.
struct ExpiryCase {
  const char* what;
  std::vector<uint64_t> snapshots;  // milliseconds
  uint64_t floor_ms;
  bool bottom;
  const char* outcome;
};

TEST(SurvivorsExpiryTest, APutThatExpiresIsADeleteOnceNobodySeesItAlive) {
  const std::vector<ExpiryCase> cases = {
      {"before it has expired", {}, 19, false, "put"},
      {"at its moment", {}, 20, false, "delete"},
      {"a snapshot sees it alive", {19}, 30, false, "put"},
      {"a snapshot sees it expired", {20}, 30, false, "delete"},
      {"a snapshot before it does not see it", {4}, 30, false, "delete"},
      {"the first that sees it counts", {4, 19, 25}, 30, false, "put"},
      {"the others see it expired as well", {4, 21, 25}, 30, false, "delete"},
      {"nothing lies below", {}, 30, true, "nothing"},
      {"nothing lies below, and it has not expired", {}, 19, true, "put"},
      {"nothing lies below, and a snapshot sees it expired", {20}, 30, true, "nothing"},
      {"nothing lies below, and a snapshot sees it alive", {19}, 30, true, "put"},
      {"nothing lies below but for a snapshot before it", {4}, 30, true, "delete"},
  };
  for (const ExpiryCase& each : cases) {
    SCOPED_TRACE(each.what);
    SurvivalRules rules;
    for (const uint64_t ms : each.snapshots) rules.snapshots.push_back(first_of_millisecond(ms));
    rules.floor = first_of_millisecond(each.floor_ms);
    rules.floor_ms = each.floor_ms;
    rules.bottom = each.bottom;
    const RangeDeletes none{std::vector<RangeDelete>()};
    Survivors survivors(rules, none);
    Bytes stored;
    put_fixed<uint64_t>(stored, 20);
    const Entry entry{"k", first_of_millisecond(5), Kind::put_that_expires, stored};
    const Entry* survivor = survivors.survivor(entry);
    const Bytes outcome = survivor == nullptr ? "nothing" : is_remove(survivor->kind) ? "delete" : "put";
    EXPECT_EQ(outcome, each.outcome);
    if (survivor == nullptr) continue;
    EXPECT_EQ(survivor->commit, entry.commit);
    EXPECT_EQ(survivor->value, outcome == "put" ? ByteView(stored) : ByteView());
    // What is older goes or stays as it would below a delete.
    const Entry older{"k", first_of_millisecond(2), Kind::put, "old"};
    const bool held = !each.snapshots.empty() && each.snapshots.front() < 5;
    EXPECT_EQ(survivors.survivor(older) != nullptr, held);
  }
}

TEST(SurvivorsExpiryTest, WithTimeAheadOfTheLastWriteHistoryBeginsWithTheTime) {
  SurvivalRules rules;
  rules.floor = Timestamp{77};
  rules.floor_ms = 3;
  EXPECT_EQ(history_from(rules), first_of_millisecond(3));
  rules.floor_ms = 0;
  EXPECT_EQ(history_from(rules), Timestamp{77});
}

}  // namespace
}  // namespace coppice::engine
