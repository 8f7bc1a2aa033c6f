// A list that many threads put into, and one takes all of at once.
#pragma once

#include <atomic>

#include "engine/base/machine_threads.hpp"

namespace coppice::actors {

/// Intrusive and lock-free: a T has `T* next`.
///
///     push: head_ -> new -> older -> oldest      one CAS; the push that finds it empty is told so
///     take: head_ -> nothing                     one CAS
///
/// Orderings. A push publishes the T and its `next` by a release CAS; take's acquire CAS sees them,
/// and those of every push before, for each CAS continues the release sequence of the one below it. No ABA: a
/// push never looks inside the head it read, so it may have been taken and come back as another T
/// meanwhile.
///
/// Threads: push() from any number, close() and take() from one. Owns nothing.
template <class T, class Threads = engine::MachineThreads>
class RequestList {
public:
  enum class Push {
    first,   // Nothing was in it.
    behind,  // Another was, and whoever pushed that was told.
    closed,  // It takes nothing any more: what close() was told before it was called is seen.
  };

  RequestList() = default;
  RequestList(const RequestList&) = delete;
  RequestList& operator=(const RequestList&) = delete;

  /// Whoever takes it may have freed it on return, unless it is closed.
  Push push(T& added) {
    T* head = head_.load(std::memory_order_relaxed);
    do {
      if (head == closed()) {
        (void)head_.load(std::memory_order_acquire);
        return Push::closed;
      }
      added.next = head;
    } while (
        !head_.compare_exchange_weak(head, &added, std::memory_order_release, std::memory_order_relaxed));
    return head == nullptr ? Push::first : Push::behind;
  }

  /// All that is in it, newest first; nullptr: nothing is, or it is closed.
  T* take() { return take(nullptr); }
  /// The same, and every later push is refused.
  T* close() { return take(closed()); }
  /// What close() was told is seen if it is.
  bool is_closed() const { return head_.load(std::memory_order_acquire) == closed(); }
  bool empty() const {
    const T* head = head_.load(std::memory_order_acquire);
    return head == nullptr || head == closed();
  }

private:
  /// What head_ points to once it is closed: an address that is no T's, never followed.
  static T* closed() {
    alignas(T) static char mark;
    return reinterpret_cast<T*>(&mark);
  }

  T* take(T* replacement) {
    T* newest = head_.load(std::memory_order_relaxed);
    do {
      if (newest == closed()) return nullptr;
    } while (!head_.compare_exchange_weak(newest, replacement, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    return newest;
  }

  typename Threads::template Atomic<T*> head_{nullptr};
};

}  // namespace coppice::actors
