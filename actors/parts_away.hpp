// Which parts of a job threads have begun, and whether all have come back.
#pragma once

#include <atomic>
#include <optional>

#include "engine/base/machine_threads.hpp"

namespace coppice::actors {

/// Exactly one call of came_back() or give_back() is told that the last part is home, and sees what the threads of all parts did:
/// each counts down by a release, and continues those before.
/// Threads: any; give_back() from one.
template <class Threads = engine::MachineThreads>
class PartsAway {
public:
  /// `count`: 1 or more.
  explicit PartsAway(size_t count) : count_(count), left_(count) {}

  /// The part that the caller is to run, and nobody else; nothing: none is left.
  std::optional<size_t> begin() {
    const size_t part = begun_.fetch_add(1, std::memory_order_relaxed);
    return part < count_ ? std::optional(part) : std::nullopt;
  }
  /// One that was begun has run: whether it was the last one away.
  bool came_back() { return home(1); }
  /// What was not begun never will be: whether nothing else is away.
  bool give_back() {
    const size_t begun = begun_.exchange(count_, std::memory_order_relaxed);
    return begun < count_ && home(count_ - begun);
  }

private:
  bool home(size_t parts) { return left_.fetch_sub(parts, std::memory_order_acq_rel) == parts; }

  const size_t count_;
  typename Threads::template Atomic<size_t> begun_{0};
  typename Threads::template Atomic<size_t> left_;
};

}  // namespace coppice::actors
