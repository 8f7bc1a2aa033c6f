// What lock-free code asks of the threads that meet in it. A test brings others, and tries every order in which they can.
#pragma once

#include <atomic>

#include "engine/base/stripe.hpp"

namespace coppice::engine {

/// Those of the machine: every program's.
struct MachineThreads {
  template <class U>
  using Atomic = std::atomic<U>;
  /// Memory that atomics guard.
  template <class U>
  using Plain = U;
  static void fence(std::memory_order order) { std::atomic_thread_fence(order); }
  static constexpr size_t kStripeCount = engine::kStripeCount;
  static size_t stripe_here() { return engine::stripe_here(); }
};

}  // namespace coppice::engine
