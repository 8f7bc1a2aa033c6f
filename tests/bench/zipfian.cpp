#include "tests/bench/zipfian.hpp"

#include <algorithm>
#include <cmath>

#include "schema/check.hpp"

namespace coppice::bench {
namespace {

double zeta(uint64_t count, double theta) {
  double sum = 0;
  for (uint64_t i = 1; i <= count; ++i) sum += 1 / std::pow(static_cast<double>(i), theta);
  return sum;
}

}  // namespace

Zipfian::Zipfian(uint64_t count, double theta)
    : count_(count), theta_(theta), zeta_(zeta(count, theta)), alpha_(1 / (1 - theta)) {
  COPPICE_CHECK(count >= 2);
  COPPICE_CHECK(theta > 0 && theta < 1);
  eta_ = (1 - std::pow(2 / static_cast<double>(count), 1 - theta)) / (1 - zeta(2, theta) / zeta_);
}

uint64_t Zipfian::rank(engine::Random& random) const {
  const double u = static_cast<double>(random.next() >> 11) * 0x1p-53;
  const double scaled = u * zeta_;
  if (scaled < 1) return 0;
  if (scaled < 1 + std::pow(0.5, theta_)) return 1;
  const double rank = static_cast<double>(count_) * std::pow(eta_ * u - eta_ + 1, alpha_);
  return std::min(static_cast<uint64_t>(rank), count_ - 1);
}

}  // namespace coppice::bench
