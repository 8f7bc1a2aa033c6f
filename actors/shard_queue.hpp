// Where writes of every origin enter a shard: a queue beside its mailbox.
#pragma once

#include <atomic>
#include <functional>

#include "actors/request_list.hpp"
#include "actors/write_request.hpp"

namespace coppice::actors {

/// A list for many producers and one consumer, with limits; the push that finds it empty wakes the consumer.
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
  static WriteList oldest_first(WriteRequest* newest);

  const Limits limits_;
  const std::function<void()> wake_;
  alignas(64) RequestList<WriteRequest> list_;
  alignas(64) std::atomic<uint64_t> operations_{0};
  std::atomic<uint64_t> size_{0};
};

}  // namespace coppice::actors
