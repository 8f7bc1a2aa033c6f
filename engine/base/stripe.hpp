// Spreads a word that many threads change over cache lines.
#pragma once

#include <cstddef>

#include <sched.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

namespace coppice::engine {

/// A count that is kept in so many parts has one for every core, up to this many cores.
inline constexpr size_t kStripeCount = 16;

/// In [0, kStripeCount): that of the core that the caller runs on. Threads that run at once get different ones, while
/// there are enough; one that moves to another core gets another, so whoever must come back to a stripe keeps its number.
/// Costs a load: the kernel keeps the number in the thread's memory.
inline size_t stripe_here() {
#if __has_include(<sys/rseq.h>)
  // What sched_getcpu() looks at, without the call, which costs ten times as much.
  const auto* const kept = reinterpret_cast<const volatile struct rseq*>(
      static_cast<const char*>(__builtin_thread_pointer()) + __rseq_offset);
  const auto known = static_cast<int>(kept->cpu_id);
  const int core = known < 0 ? ::sched_getcpu() : known;
#else
  const int core = ::sched_getcpu();
#endif
  return core < 0 ? 0 : static_cast<size_t>(core) % kStripeCount;
}

}  // namespace coppice::engine
