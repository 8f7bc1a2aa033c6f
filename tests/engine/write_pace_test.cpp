#include "engine/compact/write_pace.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using Clock = WritePace::Clock;

TEST(WritePaceTest, WithoutALimitNobodyWaits) {
  WritePace pace;
  EXPECT_EQ(pace.wrote(Clock::time_point(), 1 << 30, std::numeric_limits<double>::infinity()),
            Clock::duration(0));
}

TEST(WritePaceTest, AWriterThatIsLetGoOwesNothing) {
  WritePace pace;
  const Clock::time_point now{};
  for (int count = 0; count < 100; ++count) (void)pace.wrote(now, 1'000'000, 1e6);
  EXPECT_EQ(pace.wrote(now, 1, std::numeric_limits<double>::infinity()), Clock::duration(0));
  EXPECT_EQ(pace.wrote(now, 1000, 1e6), milliseconds(1));
}

TEST(WritePaceTest, KeepsToTheRate) {
  WritePace pace;
  Clock::time_point now{};
  uint64_t waits = 0;
  for (int count = 0; count < 10'000; ++count) {
    const auto wait = pace.wrote(now, 100, 1e6);
    EXPECT_LE(wait, WritePace::kWaitMin + milliseconds(1));
    if (wait > wait.zero()) ++waits;
    now += wait;
  }
  EXPECT_NEAR(duration<double>(now - Clock::time_point()).count(), 1, 0.01);
  EXPECT_GT(waits, 1000u);
}

TEST(WritePaceTest, TimeThatPassedUnusedIsNotSavedUp) {
  WritePace pace;
  Clock::time_point now{};
  (void)pace.wrote(now, 1000, 1e6);
  now += milliseconds(100);
  EXPECT_EQ(pace.wrote(now, 1000, 1e6), milliseconds(1));
}

TEST(WritePaceTest, NoWaitIsLong) {
  WritePace pace;
  EXPECT_EQ(pace.wrote(Clock::time_point(), 1 << 30, 0), WritePace::kWaitMax);
  EXPECT_EQ(pace.wrote(Clock::time_point(), 1 << 30, 0), WritePace::kWaitMax);
}

}  // namespace
}  // namespace coppice::engine
