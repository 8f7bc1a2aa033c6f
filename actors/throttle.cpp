#include "actors/throttle.hpp"

#include <algorithm>
#include <cstdint>

namespace coppice::actors {

std::chrono::microseconds write_pause(double debt) {
  constexpr double kPauseMaxUs = 10'000;
  const double share = std::clamp((debt - kDebtSlow) / (1 - kDebtSlow), 0.0, 1.0);
  return std::chrono::microseconds(static_cast<int64_t>(share * share * kPauseMaxUs));
}

}  // namespace coppice::actors
