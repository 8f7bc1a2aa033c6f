#include "engine/base/histogram.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/base/shared_histogram.hpp"

namespace coppice::engine {
namespace {

TEST(HistogramTest, EmptyIsAllZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_EQ(histogram.percentile(99), 0u);
  EXPECT_EQ(histogram.mean(), 0);
}

TEST(HistogramTest, PercentilesAreAtMostThreePercentAboveTheTruth) {
  Histogram histogram;
  std::vector<uint64_t> values;
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    values.push_back(random.next() >> random.below(64));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.01, 1.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto rank = static_cast<size_t>(std::max(1.0, static_cast<double>(values.size()) * percent / 100));
    const uint64_t truth = values[rank - 1];
    EXPECT_GE(histogram.percentile(percent), truth);
    EXPECT_LE(static_cast<double>(histogram.percentile(percent)), static_cast<double>(truth) * 1.032 + 1);
  }
  EXPECT_EQ(histogram.percentile(100), values.back());
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(HistogramTest, EdgesOfTheRangeCount) {
  Histogram histogram;
  histogram.add(0);
  histogram.add(UINT64_MAX);
  EXPECT_EQ(histogram.percentile(50), 0u);
  EXPECT_EQ(histogram.percentile(100), UINT64_MAX);
}

TEST(HistogramTest, MergedIsAsIfAllHadBeenAddedToOne) {
  Histogram one;
  Histogram two;
  Histogram both;
  for (uint64_t i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? one : two).add(i * i);
    both.add(i * i);
  }
  one.merge(two);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_DOUBLE_EQ(one.mean(), both.mean());
  for (const double percent : {1.0, 50.0, 99.0}) EXPECT_EQ(one.percentile(percent), both.percentile(percent));
}

TEST(SharedHistogramTest, HasWhatAllThreadsAdded) {
  SharedHistogram shared;
  Histogram alone;
  constexpr uint64_t kEach = 5000;
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < 4; ++thread) {
    for (uint64_t i = 0; i < kEach; ++i) alone.add(i * i + thread);
    threads.emplace_back([&shared, thread] {
      for (uint64_t i = 0; i < kEach; ++i) shared.add(i * i + thread);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Histogram loaded = shared.load();
  EXPECT_EQ(loaded.count(), 4 * kEach);
  EXPECT_EQ(loaded.min(), 0u);
  EXPECT_EQ(loaded.max(), alone.max());
  EXPECT_DOUBLE_EQ(loaded.mean(), alone.mean());
  for (const double percent : {0.0, 50.0, 90.0, 99.0, 99.9, 100.0})
    EXPECT_EQ(loaded.percentile(percent), alone.percentile(percent));
}

TEST(SharedHistogramTest, EmptyIsAllZero) {
  const SharedHistogram shared;
  const Histogram loaded = shared.load();
  EXPECT_EQ(loaded.count(), 0u);
  EXPECT_EQ(loaded.min(), 0u);
  EXPECT_EQ(loaded.max(), 0u);
  EXPECT_EQ(loaded.percentile(99), 0u);
}

}  // namespace
}  // namespace coppice::engine
