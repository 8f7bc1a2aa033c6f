#include "actors/hybrid_clock.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

TEST(HybridClockTest, FollowsTheWallWhileItRises) {
  uint64_t wall = 1000;
  HybridClock clock([&] { return wall; });
  EXPECT_EQ(clock.now().milliseconds(), 1000u);
  wall = 2000;
  EXPECT_EQ(clock.now(), Timestamp{2000ull << 20});
}

TEST(HybridClockTest, CountsOnWhileTheWallStandsStillOrGoesBack) {
  uint64_t wall = 1000;
  HybridClock clock([&] { return wall; });
  const Timestamp first = clock.now();
  const Timestamp second = clock.now();
  wall = 10;
  const Timestamp third = clock.now();
  EXPECT_EQ(second.raw, first.raw + 1);
  EXPECT_EQ(third.raw, second.raw + 1);
}

TEST(HybridClockTest, GoesOnBehindWhatItObserved) {
  HybridClock clock([] { return 5; });
  clock.observe(Timestamp{900ull << 20});
  EXPECT_EQ(clock.now().raw, (900ull << 20) + 1);
  clock.observe(Timestamp{1});
  EXPECT_EQ(clock.now().raw, (900ull << 20) + 2);
}

TEST(HybridClockTest, ItsMillisecondsNeverGoBackNorBehindItsMoments) {
  uint64_t wall = 100;
  HybridClock clock([&] { return wall; });
  EXPECT_EQ(clock.milliseconds(), 100u);
  wall = 50;
  EXPECT_EQ(clock.milliseconds(), 100u);
  EXPECT_GE(clock.now().milliseconds(), 100u);
  clock.observe(Timestamp{300ull << 20});
  EXPECT_EQ(clock.milliseconds(), 300u);
  wall = 400;
  EXPECT_EQ(clock.now().milliseconds(), 400u);
  EXPECT_EQ(clock.milliseconds(), 400u);
}

TEST(HybridClockTest, NeverGivesTwoThreadsTheSameMoment) {
  HybridClock clock;
  constexpr size_t kThreads = 4;
  constexpr size_t kCount = 20'000;
  std::vector<std::vector<uint64_t>> moments(kThreads);
  std::vector<std::thread> threads;
  for (std::vector<uint64_t>& own : moments)
    threads.emplace_back([&] {
      for (size_t i = 0; i < kCount; ++i) own.push_back(clock.now().raw);
    });
  for (std::thread& thread : threads) thread.join();

  std::vector<uint64_t> all;
  for (const std::vector<uint64_t>& own : moments) {
    EXPECT_TRUE(std::ranges::is_sorted(own));
    all.insert(all.end(), own.begin(), own.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

}  // namespace
}  // namespace coppice::actors
