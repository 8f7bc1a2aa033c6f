// A clock that goes when it is told.
#pragma once

#include <atomic>

#include "engine/base/clock.hpp"

namespace coppice::engine {

class FakeClock final : public Clock {
public:
  explicit FakeClock(uint64_t ms = 1'000'000) : ms_(ms) {}

  uint64_t milliseconds() const override {
    asked_.fetch_add(1, std::memory_order_relaxed);
    return ms_.load(std::memory_order_relaxed);
  }
  void pass(uint64_t ms) { ms_.fetch_add(ms, std::memory_order_relaxed); }
  uint64_t now() const { return ms_.load(std::memory_order_relaxed); }
  /// How often anybody asked.
  uint64_t asked() const { return asked_.load(std::memory_order_relaxed); }

private:
  std::atomic<uint64_t> ms_;
  mutable std::atomic<uint64_t> asked_{0};
};

}  // namespace coppice::engine
