#include "engine/base/shared_histogram.hpp"

namespace coppice::engine {

void SharedHistogram::add(uint64_t value) {
  buckets_[Histogram::bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
  for (uint64_t least = min_.load(std::memory_order_relaxed); value < least;)
    if (min_.compare_exchange_weak(least, value, std::memory_order_relaxed)) break;
  for (uint64_t most = max_.load(std::memory_order_relaxed); value > most;)
    if (max_.compare_exchange_weak(most, value, std::memory_order_relaxed)) break;
}

Histogram SharedHistogram::load() const {
  Histogram histogram;
  for (uint32_t bucket = 0; bucket < Histogram::kBucketCount; ++bucket) {
    histogram.buckets_[bucket] = buckets_[bucket].load(std::memory_order_relaxed);
    histogram.count_ += histogram.buckets_[bucket];
  }
  histogram.sum_ = static_cast<double>(sum_.load(std::memory_order_relaxed));
  histogram.min_ = min_.load(std::memory_order_relaxed);
  histogram.max_ = max_.load(std::memory_order_relaxed);
  return histogram;
}

}  // namespace coppice::engine
