// Counters and writes with conditions, through the store's own calls, from many threads.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "tests/actors/store_fixture.hpp"

namespace coppice::actors {
namespace {

class StoreConditionsTest : public StoreFixture {
protected:
  int64_t number(ByteView key) {
    const auto value = get(key);
    return value ? number_of(*value).value_or(-1) : 0;
  }
  static void run_threads(int count, const std::function<void()>& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
  }
};

TEST_F(StoreConditionsTest, AVersionIsTheCommitOfTheLatestWrite) {
  open();
  EXPECT_EQ(store->get_versioned("k")->version, kTimestampMin);
  const auto put = store->put("k", "v");
  ASSERT_TRUE(put.ok());
  auto found = store->get_versioned("k");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->value, "v");
  EXPECT_EQ(found->version, *put);
  const SnapshotHandle snapshot = *store->snapshot();
  const auto merged = store->merge("k", Operator::append, "w");
  ASSERT_TRUE(merged.ok());
  ASSERT_TRUE(store->compact().ok());
  found = store->get_versioned("k");
  EXPECT_EQ(found->value, "vw");
  EXPECT_EQ(found->version, *merged);
  EXPECT_EQ(store->get_versioned("k", snapshot)->version, *put);
  ASSERT_TRUE(store->remove("k").ok());
  EXPECT_EQ(store->get_versioned("k")->version, kTimestampMin);
}

TEST_F(StoreConditionsTest, CompareAndSetNeedsTheVersionThatIsThere) {
  open();
  const auto made = store->put_if_absent("k", "one");
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(made->commit);
  auto refused = store->put_if_absent("k", "two");
  ASSERT_TRUE(refused.ok());
  EXPECT_FALSE(refused->commit);
  EXPECT_EQ(refused->version, *made->commit);
  const auto set = store->put_if_version("k", refused->version, "two");
  ASSERT_TRUE(set.ok());
  EXPECT_TRUE(set->commit);
  refused = store->put_if_version("k", *made->commit, "three");
  EXPECT_EQ(refused->version, *set->commit);
  EXPECT_EQ(get("k"), "two");
  ASSERT_TRUE(store->flush().ok());
  reopen();
  EXPECT_EQ(store->get_versioned("k")->version, *set->commit);
  EXPECT_FALSE(store->put_if_absent("k", "four")->commit);
}

TEST_F(StoreConditionsTest, WhatHasExpiredIsAbsent) {
  open();
  const auto put = store->put_for("lock", "mine", 1);
  ASSERT_TRUE(put.ok());
  while (get("lock")) std::this_thread::yield();
  EXPECT_FALSE(store->put_if_version("lock", *put, "still mine")->commit);
  EXPECT_TRUE(store->put_if_absent("lock", "yours")->commit);
  EXPECT_EQ(get("lock"), "yours");
}

TEST_F(StoreConditionsTest, WhatMakesNoSenseIsRefused) {
  options.boundaries = {"m"};
  open();
  engine::Batch batch;
  EXPECT_EQ(store->write_if({{"k", kTimestampMin}}, {}).error().code, Errc::invalid_argument);
  ASSERT_TRUE(batch.put("k", "v").ok());
  EXPECT_EQ(store->write_if({{"", kTimestampMin}}, batch).error().code, Errc::invalid_argument);
  EXPECT_EQ(store->write_if(std::vector<Condition>(kConditionsMax + 1, {"k", {}}), batch).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(store->write_if({{"z", kTimestampMin}}, batch).error().code, Errc::unsupported);
  ASSERT_TRUE(batch.put("z", "v").ok());
  EXPECT_EQ(store->write_if({{"k", kTimestampMin}}, batch).error().code, Errc::unsupported);
  EXPECT_EQ(store->merge("k", Operator::add, "five").error().code, Errc::invalid_argument);
  EXPECT_TRUE(dump().empty());
}

TEST_F(StoreConditionsTest, OperandsOfOneBatchMayGoToSeveralShards) {
  options.boundaries = {"m"};
  open();
  for (int i = 0; i < 3; ++i) {
    engine::Batch batch;
    ASSERT_TRUE(batch.merge("a", Operator::add, number_value(1)).ok());
    ASSERT_TRUE(batch.merge("z", Operator::add, number_value(10)).ok());
    ASSERT_TRUE(store->write(std::move(batch)).ok());
  }
  reopen();
  EXPECT_EQ(number("a"), 3);
  EXPECT_EQ(number("z"), 30);
}

TEST_F(StoreConditionsTest, ManyThreadsCountExactly) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 150;
  open();
  std::atomic<bool> done{false};
  // Meanwhile whatever a tree does in the background, and a split beside the keys.
  std::thread background([&] {
    for (int round = 0; !done.load(); ++round) {
      ASSERT_TRUE((round % 2 == 0 ? store->flush() : store->compact()).ok());
      if (round == 3) {
        ASSERT_TRUE(store->split("b").ok());
      }
    }
  });
  run_threads(kThreads, [&] {
    for (int i = 0; i < kRounds; ++i) {
      const auto added = store->merge("added", Operator::add, number_value(1), Durability::buffered);
      ASSERT_TRUE(added.ok()) << to_string(added.error());
      for (bool set = false; !set;) {
        const auto found = store->get_versioned("set");
        ASSERT_TRUE(found.ok());
        const int64_t old = found->value ? *number_of(*found->value) : 0;
        const auto outcome =
            store->put_if_version("set", found->version, number_value(old + 1), Durability::buffered);
        ASSERT_TRUE(outcome.ok()) << to_string(outcome.error());
        set = outcome->commit.has_value();
      }
    }
  });
  done = true;
  background.join();
  EXPECT_EQ(number("added"), kThreads * kRounds);
  EXPECT_EQ(number("set"), kThreads * kRounds);
  reopen();
  EXPECT_EQ(number("added"), kThreads * kRounds);
  EXPECT_EQ(number("set"), kThreads * kRounds);
}

TEST_F(StoreConditionsTest, OfManyWhoPutIfAbsentOneWinsEachKey) {
  constexpr int kKeys = 100;
  open();
  std::atomic<int> wins{0};
  run_threads(4, [&] {
    for (int key = 0; key < kKeys; ++key) {
      const auto outcome = store->put_if_absent("k" + std::to_string(key), "mine", Durability::buffered);
      ASSERT_TRUE(outcome.ok());
      if (outcome->commit) ++wins;
    }
  });
  EXPECT_EQ(wins.load(), kKeys);
}

}  // namespace
}  // namespace coppice::actors
