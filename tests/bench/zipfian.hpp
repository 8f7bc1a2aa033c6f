// Numbers of which a few come often, as YCSB draws them.
#pragma once

#include <cstdint>

#include "engine/base/random.hpp"

namespace coppice::bench {

/// Ranks 0 to count - 1; rank r comes in proportion to 1 / (r + 1)^theta.
/// Frozen: threads share one and bring their own Random. Making one takes `count` steps.
/// Source: Gray et al., "Quickly generating billion-record synthetic databases" (SIGMOD 1994), which YCSB uses.
class Zipfian {
public:
  /// Requires: `count` >= 2, 0 < `theta` < 1.
  explicit Zipfian(uint64_t count, double theta = 0.99);

  /// 0 is the most frequent.
  uint64_t rank(engine::Random& random) const;
  /// The same, with the ranks spread over all numbers below count; some share a number, as in YCSB.
  uint64_t scrambled(engine::Random& random) const { return engine::mix(rank(random) + 1) % count_; }

private:
  uint64_t count_;
  double theta_;
  double zeta_;
  double alpha_;
  double eta_;
};

}  // namespace coppice::bench
