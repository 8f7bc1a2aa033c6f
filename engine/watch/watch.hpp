// Who watches trees: what they are given to measure with, and whom they tell.
#pragma once

#include "engine/base/shared_histogram.hpp"
#include "engine/base/stopwatch.hpp"
#include "engine/watch/event.hpp"

namespace coppice::engine {

/// How long things take, in nanoseconds, in all trees that share it.
struct Latencies {
  /// From the call to its answer. Of one in Watch::sample_interval, picked by chance, so means and percentiles are those of
  /// all, while the greatest of all may not be among them.
  SharedHistogram get;
  SharedHistogram get_many;
  /// Every one, on the thread that did it.
  SharedHistogram sync;
  /// Every one that succeeded, from the beginning of its first part to the end of its last.
  SharedHistogram flush;
  SharedHistogram merge;
};

/// Lifetime: what is pointed to outlives every tree and reader that has this.
struct Watch {
  /// Nothing: nothing is timed.
  const Stopwatch* stopwatch = nullptr;
  Latencies* latencies = nullptr;
  /// One of so many gets and get_manys is timed, and looked at closely: 1 and more.
  uint32_t sample_interval = 64;
  /// Nothing: nobody is told.
  EventListener* listener = nullptr;
  /// Says in events which tree it was.
  uint64_t id = 0;

  /// 0 without a stopwatch.
  uint64_t now_ns() const { return stopwatch == nullptr ? 0 : stopwatch->now_ns(); }
  /// Adds what has passed since `begin_ns`, which now_ns() gave.
  void add(SharedHistogram Latencies::*histogram, uint64_t begin_ns) const {
    if (stopwatch != nullptr && latencies != nullptr)
      (latencies->*histogram).add(stopwatch->now_ns() - begin_ns);
  }
  void tell(Event event) const {
    if (listener == nullptr) return;
    event.tree = id;
    listener->on_event(event);
  }
};

}  // namespace coppice::engine
