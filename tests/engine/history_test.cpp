// A retention time: every moment inside of it can be read, and what lies before it goes.
#include <gmock/gmock.h>

#include "tests/engine/tree_fixture.hpp"
#include "tests/support/fake_clock.hpp"

namespace coppice::engine {
namespace {

class HistoryTest : public TreeFixture {
protected:
  static constexpr uint64_t kRetention = 10'000;

  HistoryTest() {
    stand.wall = &clock;
    stand.options.retention_ms = kRetention;
    reopen();
  }
  /// A version of each key every second, and what is merged meanwhile.
  void write_rounds(int count) {
    for (int round = 0; round < count; ++round) {
      clock.pass(1000);
      for (int number = 0; number < 20; ++number) ok(stand.put(key_of(number), value_of(++rounds_, number)));
      ok(stand.compact());
      moments_.push_back(stand.tree->last_commit());
    }
  }
  static Bytes value_of(int round, int number) {
    return std::to_string(round) + "/" + std::to_string(number);
  }
  void expect_history() {
    for (size_t round = 0; round < moments_.size(); ++round) {
      if (moments_[round] < stand.tree->history_from()) continue;
      const int last = static_cast<int>(20 * (round + 1));
      EXPECT_EQ(stand.get(key_of(19), moments_[round]), value_of(last, 19)) << round;
      EXPECT_EQ(stand.items(moments_[round]).size(), 20u);
    }
  }
  size_t readable() const {
    return static_cast<size_t>(std::ranges::count_if(
        moments_, [&](Timestamp moment) { return moment >= stand.tree->history_from(); }));
  }
  uint64_t entry_count() {
    uint64_t count = 0;
    for (const LevelStats& level : stand.tree->stats().levels) count += level.entries;
    return count;
  }

  FakeClock clock;
  std::vector<Timestamp> moments_;
  int rounds_ = 0;
};

TEST_F(HistoryTest, EveryMomentInsideTheRetentionTimeIsReadAsItWas) {
  write_rounds(30);
  expect_history();
  EXPECT_GE(readable(), 10u);
  EXPECT_LE(readable(), 12u);
  // And what lies before it went.
  EXPECT_LE(entry_count(), 20u * 13);
}

TEST_F(HistoryTest, IsKeptThroughCrashesAndOpenings) {
  write_rounds(15);
  const Timestamp before = stand.tree->history_from();
  stand.drop();
  open();
  EXPECT_EQ(stand.tree->history_from(), before);
  expect_history();
  reopen();
  EXPECT_EQ(stand.tree->history_from(), before);
  EXPECT_GE(readable(), 10u);
  expect_history();
}

TEST_F(HistoryTest, WhatWasMergedAwayIsNotSaidToBeReadable) {
  stand.options.retention_ms = 0;
  reopen();
  write_rounds(15);
  stand.options.retention_ms = kRetention;
  reopen();
  EXPECT_EQ(readable(), 1u) << "the last merge was planned right behind the last write";
  write_rounds(3);
  EXPECT_EQ(readable(), 4u);
  expect_history();
}

TEST_F(HistoryTest, WhatExpiresIsReadAsItWasThen) {
  ok(stand.put_until("k", "v", clock.now() + 500));
  const Timestamp alive = stand.tick();
  stand.tree->advance(alive);
  clock.pass(500);
  ok(stand.put("l", "w"));
  ok(stand.compact());
  EXPECT_EQ(stand.get("k"), "(none)");
  EXPECT_EQ(stand.get("k", alive), "v");
  clock.pass(kRetention);
  ok(stand.put("l", "x"));
  while (auto job = stand.tree->plan_merge({}, MergeNeed::idle)) ok(stand.finish(std::move(job)));
  ok(stand.compact());
  EXPECT_GT(stand.tree->history_from(), alive);
}

TEST_F(HistoryTest, AnIdleTreeLetsGoOfWhatHasLeftTheHistory) {
  write_rounds(10);
  const uint64_t before = entry_count();
  EXPECT_EQ(before, 200u);
  EXPECT_TRUE(stand.tree->frees_with_time());
  clock.pass(kRetention + 1000);
  while (auto job = stand.tree->plan_merge({}, MergeNeed::idle)) ok(stand.finish(std::move(job)));
  EXPECT_EQ(entry_count(), 20u);
}

TEST_F(HistoryTest, TheHalvesOfASplitHaveTheHistoryOfTheWhole) {
  write_rounds(5);
  ok(stand.flush());
  const Timestamp before = stand.tree->history_from();
  const std::string left = temporary.path() + "/left";
  const std::string right = temporary.path() + "/right";
  ok(stand.tree->split(key_of(10), {left}, {right}));
  TreeStand half(files, right);
  half.wall = &clock;
  half.options.retention_ms = kRetention;
  ok(half.open());
  EXPECT_EQ(half.tree->history_from(), before);
  EXPECT_EQ(half.get(key_of(19), moments_[1]), value_of(40, 19));
}

TEST_F(HistoryTest, AFreshTreeCanBeReadFromItsBeginning) {
  EXPECT_EQ(stand.tree->history_from(), Timestamp{1});
  ok(stand.put("k", "v"));
  EXPECT_EQ(stand.get("k", Timestamp{1}), "(none)");
}

}  // namespace
}  // namespace coppice::engine
