#include "engine/base/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "schema/check.hpp"

namespace coppice::engine {

void Histogram::add(uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::merge(const Histogram& other) {
  for (uint32_t i = 0; i < kBucketCount; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

uint64_t Histogram::percentile(double percent) const {
  COPPICE_CHECK(percent >= 0);
  COPPICE_CHECK(percent <= 100);
  const auto wanted = static_cast<uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  uint64_t seen = 0;
  for (uint32_t i = 0; i < kBucketCount; ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted) return std::clamp(last_in(i), min(), max_);
  }
  return max_;
}

uint32_t Histogram::bucket_of(uint64_t value) {
  // The highest bit says which power; the kBitsInPower bits behind it, which bucket in there.
  const auto width = static_cast<uint32_t>(std::bit_width(value));
  if (width <= kBitsInPower) return static_cast<uint32_t>(value);
  const uint32_t shift = width - kBitsInPower - 1;
  return (shift << kBitsInPower) + static_cast<uint32_t>(value >> shift);
}

uint64_t Histogram::last_in(uint32_t bucket) {
  constexpr uint32_t kInPower = 1 << kBitsInPower;
  if (bucket < 2 * kInPower) return bucket;
  const uint32_t shift = (bucket >> kBitsInPower) - 1;
  const uint64_t first = uint64_t{(bucket & (kInPower - 1)) | kInPower} << shift;
  return first + (uint64_t{1} << shift) - 1;
}

}  // namespace coppice::engine
