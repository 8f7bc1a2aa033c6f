// What threads would fight for, kept apart.
#pragma once

#include <atomic>
#include <cstddef>

namespace coppice::engine {

inline constexpr size_t kLaneCount = 8;
/// What a lane's atomics are aligned to, so that no two lanes share a line of memory.
inline constexpr size_t kLaneAlignment = 64;

/// This thread's lane, below kLaneCount: threads take them by turns when they first ask. Two may have the same, so what
/// a lane holds is atomic all the same.
inline size_t this_lane() {
  static std::atomic<size_t> taken{0};
  thread_local const size_t lane = taken.fetch_add(1, std::memory_order_relaxed) % kLaneCount;
  return lane;
}

}  // namespace coppice::engine
