// Runs operations on threads until they are enough, and counts and times them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

#include "engine/base/histogram.hpp"

namespace coppice::bench {

using Clock = std::chrono::steady_clock;

inline constexpr std::chrono::milliseconds kSlot{100};

struct Limit {
  /// Of calls, over all threads. Whatever comes first ends a thread.
  uint64_t calls = UINT64_MAX;
  double seconds = 1e9;
  /// The clock is read after so many calls; after each one when every call is timed.
  uint64_t stride = 32;
  /// Keeps latencies and slots.
  bool timed = false;
};

/// What came of it.
struct Tally {
  uint64_t count = 0;
  double seconds = 0;
  /// Of every call, in nanoseconds; empty unless timed.
  engine::Histogram latencies;
  /// What was counted in each slot of 100 ms, the last of them cut short; empty unless timed.
  std::vector<uint64_t> slots;

  double per_second() const { return static_cast<double>(count) / seconds; }
  void add(const Tally& other) {
    count += other.count;
    seconds = std::max(seconds, other.seconds);
    latencies.merge(other.latencies);
    slots.resize(std::max(slots.size(), other.slots.size()));
    for (size_t i = 0; i < other.slots.size(); ++i) slots[i] += other.slots[i];
  }
};

/// Calls `operation()` on this thread, up to `calls` times; it returns what to count.
template <class Operation>
Tally drive_one(Limit limit, uint64_t calls, Operation&& operation) {
  Tally tally;
  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limit.seconds));
  if (limit.timed) {
    // One reading a call: where one ends the next begins.
    for (auto before = start; calls > 0 && before < end; --calls) {
      const uint64_t counted = operation();
      const auto after = Clock::now();
      tally.count += counted;
      tally.latencies.add(static_cast<uint64_t>(std::chrono::nanoseconds(after - before).count()));
      const auto slot = static_cast<size_t>((after - start) / kSlot);
      if (slot >= tally.slots.size()) tally.slots.resize(slot + 1);
      tally.slots[slot] += counted;
      before = after;
    }
  } else {
    while (calls > 0 && Clock::now() < end) {
      const uint64_t some = std::min(calls, limit.stride);
      for (uint64_t i = 0; i < some; ++i) tally.count += operation();
      calls -= some;
    }
  }
  tally.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return tally;
}

/// Makes an operation for each thread by `make(index)`, on that thread, and runs them all from one moment on.
template <class Make>
Tally drive(unsigned threads, Limit limit, Make&& make) {
  std::vector<Tally> tallies(threads);
  std::latch ready(threads);
  std::vector<std::thread> running;
  for (unsigned index = 0; index < threads; ++index) {
    running.emplace_back([&, index] {
      auto operation = make(index);
      const uint64_t calls = limit.calls / threads + (index < limit.calls % threads ? 1 : 0);
      ready.arrive_and_wait();
      tallies[index] = drive_one(limit, calls, operation);
    });
  }
  for (std::thread& thread : running) thread.join();
  Tally sum;
  for (const Tally& tally : tallies) sum.add(tally);
  return sum;
}

}  // namespace coppice::bench
