// Every count of reads, for reads of which it is known what they ask.
#include "engine/watch/read_counters.hpp"

#include <atomic>
#include <thread>

#include "tests/engine/tree_fixture.hpp"

namespace coppice::engine {
namespace {

class FixedStopwatch final : public Stopwatch {
public:
  uint64_t now_ns() const override { return time_.fetch_add(100, std::memory_order_relaxed) + 100; }

  uint64_t time() const { return time_.load(std::memory_order_relaxed); }

private:
  mutable std::atomic<uint64_t> time_{0};
};

class ReadCountersTest : public TreeFixture {
protected:
  ReadCountersTest() {
    stand.watch = {.stopwatch = &stopwatch, .latencies = &latencies, .sample_interval = 1};
    reopen();
  }
  ReadStats reads() const { return stand.tree->stats().reads; }
  void put(ByteView key) { ok(stand.put(key, "value")); }
  Result<std::vector<std::optional<Bytes>>> get_many(std::vector<ByteView> keys) {
    return stand.reader->get_many(keys, {});
  }

  FixedStopwatch stopwatch;
  Latencies latencies;
};

TEST_F(ReadCountersTest, AGetCountsWhereItsKeyWasFound) {
  put("b");
  ok(stand.compact());
  put("a");
  ok(stand.flush());
  put("m");
  const ReadStats before = reads();
  EXPECT_EQ(before.read_operations(), 0u);

  EXPECT_EQ(stand.get("m"), "value");
  EXPECT_EQ(stand.get("a"), "value");
  EXPECT_EQ(stand.get("b"), "value");
  EXPECT_EQ(stand.get("z"), "(none)");
  ok(stand.remove("m"));
  EXPECT_EQ(stand.get("m"), "(none)");

  const ReadStats after = reads();
  EXPECT_EQ(after.gets, 5u);
  EXPECT_EQ(after.keys(), 5u);
  EXPECT_EQ(after.found(), 3u);
  EXPECT_EQ(after.found_in_memtables, 1u);
  EXPECT_EQ(after.found_in_level[0], 1u);
  EXPECT_EQ(after.found_in_level[6], 1u);
  EXPECT_EQ(after.not_found, 2u);
  EXPECT_EQ(after.read_operations(), 5u);
  EXPECT_EQ(after.failures, 0u);
}

TEST_F(ReadCountersTest, AGetThatIsLookedAtCloselySaysWhatItAskedOfEachLevel) {
  // Every table has the bounds of all keys, so each is asked.
  for (const char* key : {"a", "b", "z"}) put(key);
  ok(stand.compact());
  for (const char* key : {"a", "c", "z"}) put(key);
  ok(stand.flush());

  EXPECT_EQ(stand.get("a"), "value");  // found above
  EXPECT_EQ(stand.get("b"), "value");  // turned away above
  EXPECT_EQ(stand.get("x"), "(none)");

  const ReadStats stats = reads();
  EXPECT_EQ(stats.keys_sampled, 3u);
  EXPECT_EQ(stats.levels[0].tables, 3u);
  EXPECT_EQ(stats.levels[6].tables, 2u);
  EXPECT_EQ(stats.levels[0].found, 1u);
  EXPECT_EQ(stats.levels[6].found, 1u);
  // A filter of a handful of keys may let one pass, and says so.
  for (const size_t level : {size_t{0}, size_t{6}})
    EXPECT_EQ(stats.levels[level].filtered + stats.levels[level].blocks, stats.levels[level].tables);
  EXPECT_EQ(stats.levels[0].filtered, 2u);
  EXPECT_EQ(stats.levels[6].filtered, 1u);
  EXPECT_DOUBLE_EQ(stats.tables_per_key(), 5.0 / 3);
  EXPECT_DOUBLE_EQ(stats.blocks_per_key(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(stats.filter_success(), 1);
}

TEST_F(ReadCountersTest, BlocksComeFromTheDiskOnce) {
  put("a");
  ok(stand.flush());
  EXPECT_EQ(stand.get("a"), "value");
  const ReadStats cold = reads();
  EXPECT_GT(cold.blocks_read, 0u);
  EXPECT_GT(cold.bytes_read, cold.blocks_read);
  EXPECT_EQ(stand.get("a"), "value");
  EXPECT_EQ(reads().blocks_read, cold.blocks_read);
  EXPECT_EQ(reads().bytes_read, cold.bytes_read);
}

TEST_F(ReadCountersTest, KeysAskedForTogetherCountEach) {
  put("a");
  ok(stand.flush());
  put("b");
  ASSERT_TRUE(get_many({"a", "b", "c", "a"}).ok());
  ASSERT_TRUE(get_many({}).ok());
  const ReadStats stats = reads();
  EXPECT_EQ(stats.many_calls, 2u);
  EXPECT_EQ(stats.many_keys, 4u);
  EXPECT_EQ(stats.gets, 0u);
  EXPECT_EQ(stats.found_in_memtables, 1u);
  EXPECT_EQ(stats.found_in_level[0], 2u);
  EXPECT_EQ(stats.not_found, 1u);
  EXPECT_EQ(stats.keys_sampled, 4u);
  EXPECT_EQ(stats.levels[0].tables, 2u);
  EXPECT_EQ(stats.levels[0].found, 2u);
  EXPECT_GT(stats.blocks_read, 0u);
}

TEST_F(ReadCountersTest, KeysThatWaitForTheDiskTogetherAskEachTableOnce) {
  for (int number = 0; number < 100; ++number) ok(stand.put(key_of(number), Bytes(200, 'v')));
  ok(stand.flush());
  reopen();
  std::vector<Bytes> keys;
  for (int number = 0; number < 100; number += 3) keys.push_back(key_of(number));
  const std::vector<ByteView> views(keys.begin(), keys.end());
  ASSERT_TRUE(stand.reader->get_many(views, {}).ok());
  const ReadStats stats = reads();
  EXPECT_EQ(stats.levels[0].tables, keys.size());
  EXPECT_EQ(stats.levels[0].blocks, keys.size());
  EXPECT_EQ(stats.found(), keys.size());
}

TEST_F(ReadCountersTest, ACursorCountsWhatItShows) {
  fill(0, 10, "v");
  ok(stand.flush());
  EXPECT_EQ(stand.items().size(), 10u);
  {
    const auto cursor = stand.reader->cursor({key_of(2), key_of(8)}, {});
    ASSERT_TRUE(cursor.ok());
    EXPECT_NE((*cursor)->seek_last(), nullptr);
    EXPECT_NE((*cursor)->prev(), nullptr);
    EXPECT_NE((*cursor)->next(), nullptr);
    EXPECT_EQ((*cursor)->next(), nullptr);
    EXPECT_EQ(reads().entries_scanned, 10u);
  }
  const ReadStats stats = reads();
  EXPECT_EQ(stats.scans, 2u);
  EXPECT_EQ(stats.entries_scanned, 13u);
  EXPECT_EQ(stats.read_operations(), 2u);
  EXPECT_GT(stats.blocks_read, 0u);
}

TEST_F(ReadCountersTest, WhatMustNotWaitForTheDiskCountsWhenItIsReadAgain) {
  put("a");
  ok(stand.flush());
  reopen();
  EXPECT_EQ(stand.reader->get("a", {.at = {}, .cached_only = true}).error().code, Errc::would_block);
  EXPECT_EQ(reads().keys(), 0u);
  EXPECT_EQ(reads().keys_sampled, 0u);
  EXPECT_EQ(reads().failures, 0u);
  EXPECT_EQ(latencies.get.load().count(), 0u);
  EXPECT_EQ(stand.get("a"), "value");
  EXPECT_EQ(reads().keys(), 1u);
}

TEST_F(ReadCountersTest, TimesWhatItPicksAndNothingElse) {
  put("a");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(stand.get("a"), "value");
  ASSERT_TRUE(get_many({"a", "b"}).ok());
  EXPECT_EQ(latencies.get.load().count(), 10u);
  EXPECT_EQ(latencies.get.load().min(), 100u);
  EXPECT_EQ(latencies.get.load().max(), 100u);
  EXPECT_EQ(latencies.get_many.load().count(), 1u);

  stand.watch.sample_interval = 64;
  reopen();
  const uint64_t before = stopwatch.time();
  for (int i = 0; i < 64'000; ++i) (void)stand.get("a");
  const uint64_t sampled = reads().keys_sampled;
  EXPECT_EQ(reads().gets, 64'000u);
  EXPECT_GT(sampled, 800u);
  EXPECT_LT(sampled, 1200u);
  EXPECT_EQ(latencies.get.load().count(), 10 + sampled);
  EXPECT_EQ(stopwatch.time() - before, 200 * sampled);
}

TEST_F(ReadCountersTest, ThreadsLoseNoCount) {
  put("a");
  ok(stand.flush());
  put("b");
  stand.watch.sample_interval = 3;
  reopen();
  constexpr uint64_t kEach = 2000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (uint64_t turn = 0; turn < kEach; ++turn) {
        (void)stand.get("a");
        (void)stand.get("c");
        (void)get_many({"b", "d"});
      }
      (void)stand.items();
    });
  }
  ReadStats seen;
  while (seen.keys() < 4 * kEach) {
    const ReadStats now = reads();
    EXPECT_GE(now.not_found, seen.not_found);
    EXPECT_GE(now.keys_sampled, seen.keys_sampled);
    seen = now;
  }
  for (std::thread& thread : threads) thread.join();
  const ReadStats stats = reads();
  EXPECT_EQ(stats.gets, 8 * kEach);
  EXPECT_EQ(stats.many_keys, 8 * kEach);
  EXPECT_EQ(stats.many_calls, 4 * kEach);
  EXPECT_EQ(stats.found(), 8 * kEach);
  EXPECT_EQ(stats.not_found, 8 * kEach);
  EXPECT_EQ(stats.scans, 4u);
  EXPECT_EQ(stats.entries_scanned, 8u);
}

TEST_F(ReadCountersTest, SumsAreOfAllTrees) {
  put("a");
  ok(stand.flush());
  (void)stand.get("a");
  (void)stand.get("b");
  (void)stand.items();
  const ReadStats one = reads();
  ReadStats sum = one;
  sum.add(one);
  EXPECT_EQ(sum.gets, 4u);
  EXPECT_EQ(sum.not_found, 2u);
  EXPECT_EQ(sum.found_in_level[0], 2u);
  EXPECT_EQ(sum.scans, 2u);
  EXPECT_EQ(sum.entries_scanned, 2u);
  EXPECT_EQ(sum.bytes_read, 2 * one.bytes_read);
  EXPECT_EQ(sum.levels[0].found, 2u);
  EXPECT_EQ(sum.keys_sampled, 4u);
}

}  // namespace
}  // namespace coppice::engine
