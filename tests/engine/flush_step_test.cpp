// Some keys of a memtable are flushed straight into the base, and the rest later.
#include "engine/compact/flush_step.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/engine/tree_fixture.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(GapsTest, AreAllKeysThatWereNotTaken) {
  EXPECT_THAT(gaps_between({}), ElementsAre(KeyRange{}));
  EXPECT_THAT(gaps_between({{"c", "e"}, {"a", "b"}, {"e", "g"}}),
              ElementsAre(KeyRange{"", "a"}, KeyRange{"b", "c"}, KeyRange{"g", std::nullopt}));
  EXPECT_THAT(gaps_between({{"m", std::nullopt}, {"", "m"}}), IsEmpty());
}

TEST(KeySampleTest, CountsWhatWasNotTaken) {
  KeySample waiting{{"a", "c", "e", "g"}, 10};
  EXPECT_EQ(waiting.size_in({"b", "g"}), 20u);
  waiting.take({"b", "f"});
  EXPECT_EQ(waiting.size_in({}), 20u);
  EXPECT_EQ(waiting.size_in({"b", "g"}), 0u);
}

/// Tables without files: what is picked depends on what the manifest says.
class PickFlushStepTest : public ::testing::Test {
protected:
  PickFlushStepTest() { options.memtable_size = 100; }
  void add(uint32_t level, const Bytes& begin, const Bytes& end) {
    TableMeta meta;
    meta.number = ++count;
    meta.newest = Timestamp{count};
    meta.file_size = 50;
    meta.bounds = {begin, end};
    levels[level].push_back(make_table_handle({files, cache, 0}, "/none", meta));
  }
  std::optional<MergePlan> pick() const {
    return pick_flush_step(Version(levels), options, {{"b", "c", "f", "x"}, 25}, under_way);
  }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  TreeShape options;
  std::array<Version::Level, kLevelCount> levels;
  MergesUnderWay under_way;
  uint64_t count = 0;
};

TEST_F(PickFlushStepTest, TakesAllThatLiesAboveInLevelZero) {
  // Both columns of level 0 stand on one table: older versions of the one left behind would hide what came from the memtable.
  add(kLastLevel, "a", "m");
  add(0, "b", "d");
  add(0, "f", "h");
  const auto plan = pick();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source.size(), 2u);
  EXPECT_EQ(plan->target.size(), 1u);
  EXPECT_EQ(plan->hull, KeyRange{});
}

TEST_F(PickFlushStepTest, ReachesToTheNextTableOfLevelZeroOrTheBase) {
  add(kLastLevel, "a", "d");
  add(0, "m", "n");
  EXPECT_EQ(pick()->hull, (KeyRange{"", "m"}));
  add(kLastLevel, "e", "l");
  EXPECT_EQ(pick()->hull, (KeyRange{"", "e"}));
}

TEST_F(PickFlushStepTest, IsNotAtTheBottomWhileALevelBelowHoldsSomethingWhereItReaches) {
  add(kLastLevel - 1, "a", "d");
  EXPECT_TRUE(pick()->bottom);
  add(kLastLevel, "x", "y");
  EXPECT_EQ(pick()->hull, KeyRange{});
  EXPECT_FALSE(pick()->bottom);
}

TEST_F(PickFlushStepTest, TakesNothingThatIsBeingMerged) {
  add(kLastLevel, "a", "m");
  ASSERT_TRUE(pick());
  under_way.push_back({0, kLastLevel, {"k", "z"}, {77}});
  EXPECT_FALSE(pick());
  under_way = {{kLastLevel, kLastLevel, {"z", std::nullopt}, {1}}};
  EXPECT_FALSE(pick());
}

class FlushStepTest : public TreeFixture {
protected:
  static constexpr int kKeyCount = 4000;

  FlushStepTest() {
    for (int number = 0; number < kKeyCount; ++number) put(number);
    ok(stand.compact());
  }
  void put(int number) {
    const Bytes value = std::to_string(++count_) + Bytes(100, 'v');
    ok(stand.put(key_of(number), value));
    expected_[key_of(number)] = value;
  }
  /// Until a memtable is full, among them deletes of a key and of a range.
  void fill_memtable() {
    while (!stand.tree->memtable_full()) put(static_cast<int>(random_.below(kKeyCount)));
    ok(stand.remove(key_of(17)));
    expected_.erase(key_of(17));
    ok(stand.delete_range(key_of(1000), key_of(1300)));
    expected_.erase(expected_.lower_bound(key_of(1000)), expected_.lower_bound(key_of(1300)));
    ok(stand.tree->seal_memtable());
  }
  /// Now and then, forward and back.
  void expect(const TreeStand::Items& items, std::optional<Timestamp> at = {}) const {
    EXPECT_EQ(stand.items(at), items);
    const auto cursor = stand.reader->cursor({}, {.at = at, .cached_only = false});
    ASSERT_TRUE(cursor.ok());
    auto place = items.rbegin();
    for (const Item* item = (*cursor)->seek_last(); item != nullptr; item = (*cursor)->prev(), ++place) {
      ASSERT_NE(place, items.rend());
      ASSERT_EQ(item->key, place->first);
      ASSERT_EQ(item->value, place->second);
    }
    EXPECT_EQ(place, items.rend());
  }
  bool waits() const { return stand.tree->stats().sealed_memtables > 0; }
  /// Fills memtables until one is flushed in more than one step, and returns behind the first of them.
  void take_first_step() {
    do {
      while (waits()) ok(stand.finish(stand.tree->plan_flush({})));
      fill_memtable();
      ok(stand.finish(stand.tree->plan_flush({})));
    } while (!waits());
  }

  TreeStand::Items expected_;
  Random random_{3};
  int count_ = 0;
};

TEST_F(FlushStepTest, ReadersSeeTheSameAtEveryStep) {
  take_first_step();
  expect(expected_);
  const Timestamp then = stand.tree->last_commit();
  const TreeStand::Items items_then = expected_;
  for (int number = 0; number < kKeyCount; number += 3) put(number);
  const uint64_t level0_before = stand.tree->stats().levels[0].size;
  while (waits()) {
    expect(expected_);
    expect(items_then, then);
    ok(stand.finish(stand.tree->plan_flush(std::vector{then})));
  }
  EXPECT_LT(stand.tree->stats().levels[0].size, level0_before + stand.options.memtable_size);
  expect(expected_);
  expect(items_then, then);
  ASSERT_TRUE(stand.reader->verify({}).ok());
}

TEST_F(FlushStepTest, ACrashBetweenTwoStepsLosesNothing) {
  take_first_step();
  stand.drop();
  open();
  expect(expected_);
  ok(stand.compact());
  expect(expected_);
  EXPECT_EQ(stand.tree->stats().levels.back().entries, expected_.size());
}

TEST_F(FlushStepTest, WhatOneStepFailedToTakeIsFlushedWithTheRest) {
  take_first_step();
  auto job = stand.tree->plan_flush({});
  ASSERT_TRUE(job);
  EXPECT_FALSE(stand.tree->plan_flush({}));
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::cancelled);
  ok(stand.flush());
  expect(expected_);
  stand.drop();
  open();
  expect(expected_);
}

TEST_F(FlushStepTest, NobodyWaitsForASecondMemtableToo) {
  take_first_step();
  put(1);
  ok(stand.tree->seal_memtable());
  ok(stand.finish(stand.tree->plan_flush({})));
  EXPECT_EQ(stand.tree->stats().sealed_memtables, 1u);
  expect(expected_);
}

/// Nothing is known about a log whose sync has failed.
TEST(FlushStepSyncTest, AFailureBreaksTheTree) {
  bool failed = false;
  for (uint64_t after = 0; !failed; ++after) {
    MemoryFileSystem files;
    TreeStand stand(files);
    ASSERT_TRUE(stand.create().ok());
    ASSERT_TRUE(stand.open().ok());
    for (int number = 0; number < 16; ++number) ASSERT_TRUE(stand.put(key_of(number), Bytes(4000, 'v')).ok());
    ASSERT_TRUE(stand.compact().ok());
    while (!stand.tree->memtable_full()) ASSERT_TRUE(stand.put(key_of(3), Bytes(4000, 'w')).ok());
    ASSERT_TRUE(stand.tree->seal_memtable().ok());
    auto job = stand.tree->plan_flush({});
    files.fail_after(after);
    const Status done = stand.finish(std::move(job));
    ASSERT_FALSE(done.ok()) << "no log was synced";
    failed = done.error().text.find(".log") != std::string::npos;
    EXPECT_EQ(stand.tree->broken(), failed) << to_string(done.error());
  }
}

}  // namespace
}  // namespace coppice::engine
