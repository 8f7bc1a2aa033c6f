#include "engine/base/huge_memory.hpp"

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

constexpr size_t kMiB = 1 << 20;

// Small and large come to their memory in different ways.
class HugeMemoryTest : public testing::TestWithParam<size_t> {
protected:
  HugeMemory memory{GetParam()};
};

TEST_P(HugeMemoryTest, IsZeroAndCanBeWrittenToItsEnd) {
  EXPECT_EQ(memory.size(), GetParam());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.data()) % 4096, 0u);
  EXPECT_EQ(memory.data()[0], 0);
  EXPECT_EQ(memory.data()[memory.size() - 1], 0);
  memory.data()[memory.size() - 1] = 'x';
  EXPECT_EQ(memory.data()[memory.size() - 1], 'x');
}

TEST_P(HugeMemoryTest, WhatIsReleasedIsZeroAgainAndItsNeighboursStay) {
  std::fill_n(memory.data(), 3 * 65536, 'x');
  memory.release(65536, 65536);
  EXPECT_EQ(memory.data()[65535], 'x');
  EXPECT_EQ(memory.data()[65536], 0);
  EXPECT_EQ(memory.data()[2 * 65536 - 1], 0);
  EXPECT_EQ(memory.data()[2 * 65536], 'x');
}

INSTANTIATE_TEST_SUITE_P(Sizes, HugeMemoryTest, testing::Values(kMiB, 64 * kMiB));

}  // namespace
}  // namespace coppice::engine
