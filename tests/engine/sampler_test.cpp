#include "engine/base/sampler.hpp"

#include <array>
#include <cmath>
#include <thread>

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

TEST(SamplerTest, AnIntervalOfOnePicksAll) {
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(is_picked(1));
}

TEST(SamplerTest, PicksAsManyAsItShouldAndFavoursNoRhythm) {
  constexpr uint32_t kInterval = 64;
  constexpr size_t kPeriod =
      64;  // of those that come: as long as the interval, which would fool a plain count
  constexpr uint64_t kTurns = 64'000;
  std::array<uint64_t, kPeriod> picked{};
  for (uint64_t i = 0; i < kTurns * kPeriod; ++i) picked[i % kPeriod] += is_picked(kInterval);
  const double expected = static_cast<double>(kTurns) / kInterval;
  for (const uint64_t count : picked)
    EXPECT_NEAR(static_cast<double>(count), expected, 6 * std::sqrt(expected));
}

TEST(SamplerTest, TheFirstOfAThreadIsNoMoreLikelyThanOthers) {
  constexpr int kThreads = 400;
  int picked = 0;
  for (int i = 0; i < kThreads; ++i) std::thread([&] { picked += is_picked(20); }).join();
  EXPECT_GT(picked, 2);
  EXPECT_LT(picked, 60);
}

}  // namespace
}  // namespace coppice::engine
