// A merge of a range that somebody asked for, seen from any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>

#include "schema/types.hpp"

namespace coppice::actors {

/// How far it has come. What is left is an estimate until the end, when all is done: tables that come of a merge are merged
/// again on their way down.
struct MergeProgress {
  uint64_t tables_done = 0;
  uint64_t tables = 0;
  /// Of tables read.
  uint64_t bytes_done = 0;
  uint64_t bytes = 0;
};

/// Shared by whoever asked for it, the router that lists it, and every shard that merges a part of it.
/// Lifetime: may outlive the store. Threads: any.
class RangeMerge {
public:
  /// `wake` makes shards look whether it was cancelled. Threads: any.
  RangeMerge(uint64_t id_in_store, KeyRange of, std::function<void()> wake)
      : id(id_in_store), range(std::move(of)), wake_(std::move(wake)) {}

  MergeProgress progress() const {
    const uint64_t bytes = bytes_.load(std::memory_order_relaxed);
    const uint64_t done = bytes_done_.load(std::memory_order_relaxed);
    const uint64_t running = running_.load(std::memory_order_relaxed);
    return {tables_done_.load(std::memory_order_relaxed), tables_.load(std::memory_order_relaxed),
            std::min(bytes, done + running), bytes};
  }
  /// Its answer is `cancelled` then, unless it has ended: what was merged stays so, what was under way is given up and
  /// its inputs kept.
  void cancel() {
    cancelled_.store(true, std::memory_order_relaxed);
    wake_();
  }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // For shards.

  /// One of them has come from `before` to `now`.
  void moved(const MergeProgress& before, const MergeProgress& now) {
    tables_done_.fetch_add(now.tables_done - before.tables_done, std::memory_order_relaxed);
    tables_.fetch_add(now.tables - before.tables, std::memory_order_relaxed);
    bytes_done_.fetch_add(now.bytes_done - before.bytes_done, std::memory_order_relaxed);
    bytes_.fetch_add(now.bytes - before.bytes, std::memory_order_relaxed);
  }
  /// A merge under way has written `size` more; or has ended, and what it had written counts no more.
  void wrote(uint64_t size) { running_.fetch_add(size, std::memory_order_relaxed); }
  void ended(uint64_t size) { running_.fetch_sub(size, std::memory_order_relaxed); }

  /// Of the store, from 1 on, as long as it is open.
  const uint64_t id;
  const KeyRange range;

private:
  const std::function<void()> wake_;
  std::atomic<bool> cancelled_{false};
  std::atomic<uint64_t> tables_done_{0};
  std::atomic<uint64_t> tables_{0};
  std::atomic<uint64_t> bytes_done_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> running_{0};
};
using RangeMergeHandle = std::shared_ptr<RangeMerge>;

}  // namespace coppice::actors
