#include "actors/hybrid_clock.hpp"

#include <algorithm>
#include <chrono>

namespace coppice::actors {

uint64_t wall_milliseconds() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count());
}

HybridClock::HybridClock() : HybridClock(wall_milliseconds) {}

Timestamp HybridClock::now() {
  const uint64_t wall = wall_() << 20;
  uint64_t last = last_.load(std::memory_order_relaxed);
  uint64_t next;
  do {
    next = std::max(last + 1, wall);
  } while (!last_.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return {next};
}

void HybridClock::observe(Timestamp moment) {
  uint64_t last = last_.load(std::memory_order_relaxed);
  while (last < moment.raw && !last_.compare_exchange_weak(last, moment.raw, std::memory_order_relaxed)) {
  }
}

uint64_t HybridClock::milliseconds() const {
  const uint64_t wall = wall_() << 20;
  uint64_t last = last_.load(std::memory_order_relaxed);
  while (last < wall) {
    if (last_.compare_exchange_weak(last, wall, std::memory_order_relaxed))
      return Timestamp{wall}.milliseconds();
  }
  return Timestamp{last}.milliseconds();
}

}  // namespace coppice::actors
