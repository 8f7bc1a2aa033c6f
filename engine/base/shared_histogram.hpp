// A histogram that many threads add to.
#pragma once

#include <atomic>

#include "engine/base/histogram.hpp"

namespace coppice::engine {

/// The same buckets as Histogram's, and as much memory. For what is not counted a million times a second: all threads add to
/// the same words.
/// Threads: any.
class SharedHistogram {
public:
  SharedHistogram() = default;
  SharedHistogram(const SharedHistogram&) = delete;
  SharedHistogram& operator=(const SharedHistogram&) = delete;

  void add(uint64_t value);
  /// What was added so far. What others add meanwhile may be in some of it and not yet in the rest: the mean may be off by
  /// as much, and the count is that of the buckets.
  Histogram load() const;

private:
  std::array<std::atomic<uint64_t>, Histogram::kBucketCount> buckets_{};
  std::atomic<uint64_t> sum_{0};
  std::atomic<uint64_t> min_{UINT64_MAX};
  std::atomic<uint64_t> max_{0};
};

}  // namespace coppice::engine
