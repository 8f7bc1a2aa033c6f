#include "actors/throttle.hpp"

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

using std::chrono::microseconds;

TEST(ThrottleTest, WritesArePausedFromHalfTheDebtOn) {
  EXPECT_EQ(write_pause(0), microseconds(0));
  EXPECT_EQ(write_pause(kDebtSlow), microseconds(0));
  EXPECT_GT(write_pause(0.6), microseconds(0));
}

TEST(ThrottleTest, PausesGrowSmoothlyAndEnd) {
  microseconds last{0};
  for (double debt = 0.5; debt < 1; debt += 0.01) {
    const microseconds pause = write_pause(debt);
    EXPECT_GE(pause, last);
    EXPECT_LE(pause - last, microseconds(500));
    last = pause;
  }
  EXPECT_EQ(write_pause(5), microseconds(10'000));
}

}  // namespace
}  // namespace coppice::actors
