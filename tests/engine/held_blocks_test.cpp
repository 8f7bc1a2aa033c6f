#include "engine/table/held_blocks.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/table/bloom.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kBudget = 1 << 20;

HeldBlock block_of(size_t size, char fill) { return {copy_block(Bytes(size, fill)), {}, nullptr}; }

TEST(HeldBlocksTest, KeepsABlockAndCountsItInTheBudget) {
  BlockCache cache(kBudget);
  const uint64_t before = cache.stats().size;
  {
    HeldBlocks held(cache, 3);
    EXPECT_EQ(held.find(1), nullptr);
    HeldBlock block = block_of(1000, 'a');
    const HeldBlock* there = held.hold(1, block);
    ASSERT_NE(there, nullptr);
    EXPECT_EQ(held.find(1), there);
    EXPECT_EQ(there->bytes()[999], 'a');
    EXPECT_EQ(held.find(2), nullptr);
    EXPECT_GE(cache.stats().size, before + 1000);
  }
  EXPECT_EQ(cache.stats().size, before);
}

TEST(HeldBlocksTest, AFiltersLinesAreLinesOfMemory) {
  for (const size_t size : {65u, 4096u, 200'001u}) {
    Bytes payload;
    for (size_t i = 0; i < size; ++i) payload.push_back(static_cast<char>(i * 31));
    const HeldBlock filter = HeldBlock::of_filter(payload);
    EXPECT_EQ(filter.bytes(), payload);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(filter.bytes().data()) % kFilterLineSize, 0u);
    EXPECT_GE(filter.size(), size);
  }
}

TEST(HeldBlocksTest, BlocksOfTheCacheMakeRoom) {
  BlockCache cache(kBudget);
  for (uint64_t i = 0; i < 500; ++i) cache.insert({1, i}, Bytes(4096, 'x'));
  HeldBlocks held(cache, 1);
  HeldBlock block = block_of(300'000, 'a');
  EXPECT_NE(held.hold(0, block), nullptr);
  EXPECT_LE(cache.stats().size, kBudget);
}

TEST(HeldBlocksTest, TakesNoMoreThanHalfOfTheBudget) {
  BlockCache cache(kBudget);
  HeldBlocks held(cache, 100);
  size_t count = 0;
  for (size_t i = 0; i < held.count(); ++i) {
    HeldBlock block = block_of(20'000, 'a');
    if (held.hold(i, block) != nullptr) {
      ++count;
    } else {
      EXPECT_EQ(block.bytes()[19'999], 'a');
    }
  }
  EXPECT_GT(count, 20u);
  EXPECT_LT(count, 27u);
}

TEST(HeldBlocksTest, OfManyThreadsOneHoldsItsBlock) {
  BlockCache cache(kBudget);
  const uint64_t before = cache.stats().size;
  {
    HeldBlocks held(cache, 50);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (size_t i = 0; i < held.count(); ++i) {
          HeldBlock block = block_of(100, static_cast<char>(i));
          const HeldBlock* there = held.hold(i, block);
          if (there != held.find(i) || there->bytes()[99] != static_cast<char>(i)) ++wrong;
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(cache.stats().size, before + 50 * 200);
  }
  EXPECT_EQ(cache.stats().size, before);
}

}  // namespace
}  // namespace coppice::engine
