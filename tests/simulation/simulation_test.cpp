#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/run.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/seed.hpp"

namespace coppice::simulation {
namespace {

constexpr uint64_t kCalls = 4000;
// A sanitizer makes each take half a minute.
constexpr uint64_t kSeeds = COPPICE_SANITIZED ? 4 : 100;
constexpr uint64_t kReplayedSeeds = COPPICE_SANITIZED ? 1 : 5;

TEST(SimulationTest, EverySeedKeepsEveryPromise) {
  const uint64_t first = test_seed();
  const uint64_t count = std::getenv("COPPICE_SEED") != nullptr ? 1 : kSeeds;
  Conditions conditions;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const Report report = run(seed, kCalls);
    conditions.add(report.conditions);
    ASSERT_EQ(report.failure, "") << "once more: COPPICE_SEED=" << seed << ", or ./dev simulate 1 " << seed
                                  << " " << kCalls;
  }
  if (count >= 100) {
    EXPECT_THAT(conditions.missing(), testing::IsEmpty());
  }
}

TEST(SimulationTest, ASeedIsReplayedStepByStep) {
  const uint64_t first = test_seed();
  for (uint64_t seed = first; seed < first + kReplayedSeeds; ++seed) {
    const Report once = run(seed, 1000);
    const Report again = run(seed, 1000);
    EXPECT_EQ(once.trace, again.trace) << "seed " << seed;
    EXPECT_EQ(once.steps, again.steps) << "seed " << seed;
    EXPECT_NE(once.trace, run(seed + 5, 1000).trace) << "seed " << seed;
  }
}

}  // namespace
}  // namespace coppice::simulation
