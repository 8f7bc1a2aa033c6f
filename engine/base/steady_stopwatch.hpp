// The stopwatch of a program that has no reason to bring another.
#pragma once

#include <chrono>

#include "engine/base/stopwatch.hpp"

namespace coppice::engine {

/// Made by whoever builds a store or a tree, and handed in. A reading takes some 25 ns.
class SteadyStopwatch final : public Stopwatch {
public:
  uint64_t now_ns() const override {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
  }
};

}  // namespace coppice::engine
