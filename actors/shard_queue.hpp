// Where writes of every origin enter a shard: a queue beside its mailbox.
#pragma once

#include <atomic>
#include <functional>

#include "actors/write_request.hpp"

namespace coppice::actors {

/// Intrusive and lock-free, for many producers and one consumer, who takes all of it at once.
///
///     push:  head_ -> new -> older -> oldest      one CAS; the push that finds it empty wakes the consumer
///     drain: head_ -> nothing                     one CAS; the list is turned round to oldest first
///
/// Orderings. A push publishes the request and its `next` by a release CAS; drain's acquire CAS sees them,
/// and those of every push before, for each CAS continues the release sequence of the one below it. No ABA: a
/// push never looks inside the head it read, so it may have been taken and come back as another request
/// meanwhile.
///
/// A request counts against the limits from its push until the consumer releases it, answered, so that they
/// bound all that the shard holds.
///
/// Threads: push() and release() from any number, close() from one, the rest for the consumer.
class ShardQueue {
public:
  struct Limits {
    uint32_t operations = 1 << 20;
    uint64_t size = 256 << 20;
  };
  enum class Push {
    taken,
    full,
    closed,  // The shard serves no more: the routing table has been published anew before.
  };

  /// `wake` is called by the push that finds the queue empty, on its thread.
  ShardQueue(const Limits& limits, std::function<void()> wake) : limits_(limits), wake_(std::move(wake)) {}
  ShardQueue(const ShardQueue&) = delete;
  ShardQueue& operator=(const ShardQueue&) = delete;
  /// Requires: nothing is in it.
  ~ShardQueue();

  /// Takes the request, or leaves it where it is. A request that is alone is taken whatever its size.
  Push push(std::unique_ptr<WriteRequest>& request);

  /// All that waits, oldest first.
  WriteList drain();
  /// The same, and every later push is answered `closed`.
  WriteList close();

  /// Counts requests that came another way, full or not.
  void reserve(const WriteRequest& request);
  void release(const WriteRequest& request);

  uint64_t operations() const { return operations_.load(std::memory_order_relaxed); }
  uint64_t size() const { return size_.load(std::memory_order_relaxed); }

private:
  WriteList take(WriteRequest* replacement);

  const Limits limits_;
  const std::function<void()> wake_;
  alignas(64) std::atomic<WriteRequest*> head_{nullptr};
  alignas(64) std::atomic<uint64_t> operations_{0};
  std::atomic<uint64_t> size_{0};
};

}  // namespace coppice::actors
