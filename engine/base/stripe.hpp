// Spreads a word that many threads change over cache lines.
#pragma once

#include <cstddef>

#include <sched.h>

namespace coppice::engine {

/// A count that is kept in so many parts has one for every core, up to this many cores.
inline constexpr size_t kStripeCount = 16;

/// In [0, kStripeCount): that of the core that the caller runs on. Threads that run at once get different ones, while
/// there are enough; one that moves to another core gets another, so whoever must come back to a stripe keeps its number.
/// Costs a load: the kernel keeps the number in the thread's memory.
inline size_t stripe_here() {
  const int core = ::sched_getcpu();
  return core < 0 ? 0 : static_cast<size_t>(core) % kStripeCount;
}

}  // namespace coppice::engine
