// What the memtables of a tree take of the memory that all trees share.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "engine/memory/memtable.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {

class MemtableClaim;

/// Memtables count in the block cache's budget: as they fill the cache shrinks, and when they are flushed it grows back. All
/// together may take a part of the budget. That is cut evenly: the share of a tree is what it may fill whatever the others do,
/// and three quarters of the whole in all.
///
///     all memtables     0 ........... 3/4 ......... 7/8 ........ all they may take
///     a tree above      fills its     seals         slows        takes no writes
///     its share         memtable      early         its writes
///
/// So trees that are idle need not be asked for what they have, and none waits for another that has less than its share.
///
/// Memory is counted in steps, ahead of what is used. Memtables that were flushed count until the last reader lets go of them.
/// Lifetime: the cache outlives it, and every memtable that it made. Threads: the owner.
class MemtableMemory {
public:
  explicit MemtableMemory(BlockCache& cache);
  ~MemtableMemory();
  MemtableMemory(const MemtableMemory&) = delete;
  MemtableMemory& operator=(const MemtableMemory&) = delete;

  /// What `memtable_size` comes to: so large that a memtable can be filled while two are flushed.
  static size_t bound(const BlockCache& cache, size_t memtable_size);

  /// An empty memtable, which counts from when count() is first told.
  std::shared_ptr<Memtable> make(uint64_t seed, size_t expected_size);
  /// Counts what the memtable made last has grown to.
  void count(const Memtable& active);

  /// A memtable of this size is to be sealed, though it is not full.
  bool is_crowded(size_t size) const;
  /// 0: memtables have room; 1: the tree should take no writes.
  double debt() const;
  /// What debt() comes from, in words, and what to do.
  std::string debt_text() const;

private:
  size_t share() const;

  BlockCache& cache_;
  /// By all memtables of the tree that somebody has. They give back on whatever thread lets go of them.
  const std::shared_ptr<std::atomic<size_t>> taken_;
  std::shared_ptr<MemtableClaim> active_;
};

}  // namespace coppice::engine
