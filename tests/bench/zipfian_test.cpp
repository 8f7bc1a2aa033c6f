#include "tests/bench/zipfian.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace coppice::bench {
namespace {

constexpr uint64_t kCount = 1000;
constexpr int kDraws = 1'000'000;

TEST(ZipfianTest, RanksComeAsOftenAsTheirLawSays) {
  const Zipfian zipfian(kCount, 0.99);
  engine::Random random(1);
  std::vector<double> seen(kCount);
  for (int i = 0; i < kDraws; ++i) ++seen.at(zipfian.rank(random));

  double zeta = 0;
  for (uint64_t i = 1; i <= kCount; ++i) zeta += std::pow(static_cast<double>(i), -0.99);
  // The first two are exact; behind them the method is an approximation, good to a few percent for a group of ranks.
  EXPECT_NEAR(seen[0] / kDraws, 1 / zeta, 0.002);
  EXPECT_NEAR(seen[1] / kDraws, std::pow(2, -0.99) / zeta, 0.002);
  double tail = 0;
  double tail_expected = 0;
  for (size_t i = 100; i < kCount; ++i) {
    tail += seen[i] / kDraws;
    tail_expected += std::pow(static_cast<double>(i + 1), -0.99) / zeta;
  }
  EXPECT_NEAR(tail, tail_expected, 0.02);
}

TEST(ZipfianTest, ScramblingKeepsTheShareOfTheMostFrequentAndMovesIt) {
  const Zipfian zipfian(kCount);
  engine::Random random(2);
  std::vector<int> seen(kCount);
  for (int i = 0; i < kDraws; ++i) ++seen.at(zipfian.scrambled(random));
  const uint64_t expected = engine::mix(1) % kCount;
  const auto most = static_cast<uint64_t>(std::max_element(seen.begin(), seen.end()) - seen.begin());
  EXPECT_EQ(most, expected);
  EXPECT_NE(most, 0u);
}

TEST(ZipfianTest, TheSmallestCountStaysInRange) {
  const Zipfian zipfian(2);
  engine::Random random(3);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(zipfian.rank(random), 2u);
}

}  // namespace
}  // namespace coppice::bench
