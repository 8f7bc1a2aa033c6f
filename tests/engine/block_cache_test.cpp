#include "engine/table/block_cache.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kBudget = 1 << 20;

Bytes block_of(size_t size, char fill) { return Bytes(size, fill); }

TEST(BlockCacheTest, GivesBackTheBlockOfAKey) {
  BlockCache cache(kBudget);
  EXPECT_FALSE(cache.find({1, 0}));

  cache.insert({1, 0}, block_of(100, 'x'));
  cache.insert({2, 0}, block_of(200, 'y'));

  EXPECT_EQ(cache.find({1, 0}).bytes(), Bytes(100, 'x'));
  EXPECT_EQ(cache.find({2, 0}).bytes(), Bytes(200, 'y'));
  EXPECT_FALSE(cache.find({1, 1}));
  EXPECT_EQ(cache.stats().hits, 2u);
  EXPECT_EQ(cache.stats().misses, 2u);
  EXPECT_EQ(cache.stats().blocks, 2u);
}

TEST(BlockCacheTest, FindsABlockByAHintWhereverItIs) {
  BlockCache cache(kBudget);
  cache.insert({1, 0}, block_of(100, 'x'));
  cache.insert({2, 0}, block_of(100'000, 'y'));
  BlockHint small;
  BlockHint large;
  EXPECT_FALSE(cache.find({3, 0}, small));

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(cache.find({1, 0}, small).bytes(), Bytes(100, 'x'));
    EXPECT_EQ(cache.find({2, 0}, large).bytes(), Bytes(100'000, 'y'));
    cache.prefetch(small);
    cache.prefetch(large);
  }
  EXPECT_EQ(cache.stats().hits, 4u);
  EXPECT_EQ(cache.stats().misses, 1u);
}

TEST(BlockCacheTest, BelievesNoHint) {
  BlockCache cache(kBudget);
  std::vector<BlockHint> hints(2'000);
  for (uint64_t i = 0; i < hints.size(); ++i) {
    cache.insert({1, i}, block_of(4096, static_cast<char>(i)));
    EXPECT_EQ(cache.find({1, i}, hints[i]).bytes()[0], static_cast<char>(i));
    // Of a block that others have pushed out, or that has moved.
    const uint64_t old = i * 7 % (i + 1);
    const BlockRef found = cache.find({1, old}, hints[old]);
    if (found) {
      EXPECT_EQ(found.bytes()[4095], static_cast<char>(old));
    }
    // Of another block.
    const BlockRef other = cache.find({1, i}, hints[old]);
    if (other) {
      EXPECT_EQ(other.bytes()[0], static_cast<char>(i));
    }
  }
}

TEST(BlockCacheTest, StaysWithinItsBudget) {
  BlockCache cache(kBudget);
  for (uint64_t i = 0; i < 5'000; ++i) {
    cache.insert({1, i * 4096}, block_of(1 + i % 9'000, 'x'));
    ASSERT_LE(cache.stats().size, kBudget);
  }
  EXPECT_GT(cache.stats().size, kBudget * 9 / 10);
}

TEST(BlockCacheTest, StaysWithinItsSlotsWhenBlocksAreTiny) {
  BlockCache cache(kBudget);
  for (uint64_t i = 0; i < 5'000; ++i) cache.insert({1, i}, block_of(1, 'x'));
  EXPECT_TRUE(cache.find({1, 4'999}));
  EXPECT_LT(cache.stats().blocks, 5'000u);
}

TEST(BlockCacheTest, MakesRoomForWhatIsChargedWhileAnotherThreadSweeps) {
  constexpr size_t kCharge = 20'000;
  constexpr int kCharges = 20;
  BlockCache cache(kBudget);
  for (uint64_t round = 0; round < 200; ++round) {
    std::thread other([&] {
      for (uint64_t i = 0; i < 60; ++i) cache.insert({round, i}, block_of(4096, 'x'));
    });
    for (int i = 0; i < kCharges; ++i) cache.charge(kCharge);
    other.join();
    ASSERT_LE(cache.stats().size, kBudget) << round;
    cache.unreserve(kCharge * kCharges);
  }
}

TEST(BlockCacheTest, KeepsWhatIsUsedOverWhatIsNot) {
  BlockCache cache(kBudget);
  cache.insert({7, 7}, block_of(4096, 'h'));
  for (uint64_t i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(cache.find({7, 7})) << i;
    cache.insert({1, i}, block_of(4096, 'x'));
  }
}

TEST(BlockCacheTest, NeverEvictsWhatIsHeld) {
  BlockCache cache(kBudget);
  const BlockRef held = cache.insert({7, 7}, block_of(4096, 'h'));
  for (uint64_t i = 0; i < 2'000; ++i) cache.insert({1, i}, block_of(4096, 'x'));
  EXPECT_EQ(held.bytes(), Bytes(4096, 'h'));
  EXPECT_TRUE(cache.find({7, 7}));
}

TEST(BlockCacheTest, GivesBlocksOutsideOfItselfWhenAllIsHeld) {
  BlockCache cache(kBudget);
  std::vector<BlockRef> held;
  for (uint64_t i = 0; i < 600; ++i) held.push_back(cache.insert({1, i}, block_of(4096, 'a')));
  EXPECT_LE(cache.stats().size, kBudget);
  for (const BlockRef& ref : held) ASSERT_EQ(ref.bytes(), Bytes(4096, 'a'));
  EXPECT_FALSE(cache.find({1, 599}));

  held.clear();
  cache.insert({1, 599}, block_of(4096, 'b'));
  EXPECT_TRUE(cache.find({1, 599}));
}

TEST(BlockCacheTest, DoesNotEmptyItselfForABlockLargerThanItself) {
  BlockCache cache(kBudget);
  cache.insert({1, 1}, block_of(100, 'x'));
  EXPECT_EQ(cache.insert({2, 2}, block_of(2 * kBudget, 'y')).bytes().size(), 2 * kBudget);
  EXPECT_TRUE(cache.find({1, 1}));
  EXPECT_FALSE(cache.find({2, 2}));
}

TEST(BlockCacheTest, LargeBlocksAreKeptAndEvictedToo) {
  BlockCache cache(kBudget);
  cache.insert({7, 7}, block_of(100'000, 'h'));
  EXPECT_EQ(cache.find({7, 7}).bytes(), Bytes(100'000, 'h'));
  for (uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(cache.find({7, 7})) << i;
    cache.insert({1, i}, block_of(i % 2 == 0 ? 90'000 : 4'000, 'x'));
    ASSERT_LE(cache.stats().size, kBudget);
    ASSERT_TRUE(cache.find({1, i})) << i;
  }
  for (uint64_t i = 0; i < 1'000; ++i) cache.insert({2, i}, block_of(4'000, 'y'));
  EXPECT_FALSE(cache.find({7, 7}));
}

TEST(BlockCacheTest, WhatIsKeptMovesWhole) {
  BlockCache cache(kBudget);
  const auto size_of = [](uint64_t i) { return 100 + i * 37 % 5'000; };
  // Every tenth is hit all the time; some are held for a while, and keep their place.
  std::vector<BlockRef> held(7);
  for (uint64_t i = 0; i < 3'000; ++i) {
    cache.insert({1, i}, block_of(size_of(i), static_cast<char>(i)));
    for (uint64_t hit = 0; hit < 200; hit += 10) {
      BlockRef ref = cache.find({1, hit});
      ASSERT_EQ(bool(ref), hit <= i) << hit << " at " << i;
      if (!ref) continue;
      ASSERT_EQ(ref.bytes(), Bytes(size_of(hit), static_cast<char>(hit)));
      if (hit == i % 200) held[i % held.size()] = std::move(ref);
    }
  }
}

TEST(BlockCacheTest, OnceFullItWantsWhatIsAskedForTwice) {
  BlockCache cache(kBudget);
  EXPECT_TRUE(cache.is_wanted({1, 0}));
  for (uint64_t i = 0; i < 500; ++i) cache.insert({1, i}, block_of(4096, 'x'));
  EXPECT_FALSE(cache.is_wanted({2, 0}));
  EXPECT_TRUE(cache.is_wanted({2, 0}));
}

TEST(BlockCacheTest, ReservingMakesRoomUpToHalfOfTheBudget) {
  BlockCache cache(kBudget);
  for (uint64_t i = 0; i < 500; ++i) cache.insert({1, i}, block_of(4096, 'x'));
  size_t reserved = 0;
  while (cache.reserve(50'000)) {
    reserved += 50'000;
    ASSERT_LE(cache.stats().size, kBudget);
  }
  EXPECT_GT(reserved, kBudget / 2 - 100'000);
  EXPECT_LE(reserved, kBudget / 2);
  cache.insert({2, 2}, block_of(4096, 'y'));
  EXPECT_TRUE(cache.find({2, 2}));

  cache.unreserve(reserved);
  for (uint64_t i = 0; i < 500; ++i) cache.insert({3, i}, block_of(4096, 'z'));
  EXPECT_GT(cache.stats().size, kBudget * 9 / 10);
  EXPECT_LE(cache.stats().size, kBudget);
}

TEST(BlockCacheTest, WhatIsChargedPushesBlocksOutAtTheLatestWhenTheyAreLetGo) {
  BlockCache cache(kBudget);
  for (uint64_t i = 0; i < 500; ++i) cache.insert({1, i}, block_of(4096, 'x'));
  cache.charge(300'000);
  EXPECT_LE(cache.stats().size, kBudget);
  EXPECT_FALSE(cache.may_reserve(kBudget / 4));
  EXPECT_TRUE(cache.may_reserve(kBudget / 8));

  std::vector<BlockRef> held;
  for (uint64_t i = 0; i < 500; ++i) held.push_back(cache.insert({2, i}, block_of(4096, 'y')));
  cache.charge(300'000);
  EXPECT_GT(cache.stats().size, kBudget);
  held.clear();
  cache.insert({3, 3}, block_of(4096, 'z'));
  EXPECT_LE(cache.stats().size, kBudget);
  EXPECT_EQ(cache.stats().reserved, 600'000u);
}

// Every block says which key it belongs to, so a reader that is given a wrong, freed or half-written one sees it.
TEST(BlockCacheTest, ThreadsSeeOnlyWholeBlocksOfTheirKeys) {
  BlockCache cache(kBudget);
  std::atomic<uint64_t> wrong{0};
  const auto use = [&](uint64_t seed) {
    Random random(seed);
    std::vector<BlockRef> held(4);
    for (int i = 0; i < 20'000; ++i) {
      const BlockKey key{random.below(3), random.below(300)};
      const char fill = static_cast<char>(key.table_id * 50 + key.offset);
      const size_t size = 1'000 + 10 * key.offset;
      BlockRef ref = cache.find(key);
      if (!ref) ref = cache.insert(key, block_of(size, fill));
      const ByteView bytes = ref.bytes();
      if (bytes.size() != size || bytes.front() != fill || bytes.back() != fill) ++wrong;
      held[random.below(held.size())] = std::move(ref);
    }
  };

  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(use, seed);
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(wrong, 0u);
  const BlockCacheStats stats = cache.stats();
  EXPECT_LE(stats.size, kBudget);
  EXPECT_EQ(stats.hits + stats.misses, 80'000u);
  EXPECT_GT(stats.hits, 0u);
}

}  // namespace
}  // namespace coppice::engine
