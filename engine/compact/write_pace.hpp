// Spreads writes over time so that they keep to a rate.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include "schema/types.hpp"

namespace coppice::engine {

/// Asks for many short waits instead of few long ones, however the rate changes.
class WritePace {
public:
  using Clock = std::chrono::steady_clock;
  /// Shorter waits are saved up, as putting a thread to sleep costs about as much.
  static constexpr std::chrono::microseconds kWaitMin{200};
  /// No write waits longer for the one before it.
  static constexpr std::chrono::milliseconds kWaitMax{50};

  /// `size` bytes are written at `now`, at `rate` bytes a second: how long to wait before the next write.
  Clock::duration wrote(Clock::time_point now, uint64_t size, double rate) {
    if (std::isinf(rate)) {
      next_ = {};
      return Clock::duration::zero();
    }
    const double seconds = std::min(static_cast<double>(size) / std::max(rate, 1.0),
                                    std::chrono::duration<double>(kWaitMax).count());
    next_ = std::max(next_, now) +
            std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    const Clock::duration wait = std::min<Clock::duration>(next_ - now, kWaitMax);
    return wait < kWaitMin ? Clock::duration::zero() : wait;
  }

private:
  // Until then what was written is paid for.
  Clock::time_point next_{};
};

}  // namespace coppice::engine
