// Blocks that stay in memory as long as their table is open.
#pragma once

#include <atomic>
#include <memory>

#include "engine/table/block_cache.hpp"

namespace coppice::engine {

/// A row of places, each empty or with one block that then stays: what nearly every read of a table begins with.
/// To find one takes a load and no pin, so that readers on many threads share no word that changes. What is held
/// counts in the cache's budget, and the cache decides how much that may be. It is given back with the open table: see
/// cold_tables.hpp.
///
/// Threads: any number. A block is published by a compare-and-swap with release and loaded with acquire, and never
/// taken back before the destructor.
class HeldBlocks {
public:
  /// Lifetime: `cache` outlives it.
  HeldBlocks(BlockCache& cache, size_t count);
  ~HeldBlocks();
  HeldBlocks(const HeldBlocks&) = delete;
  HeldBlocks& operator=(const HeldBlocks&) = delete;

  size_t count() const { return count_; }
  /// Nullptr: the place is empty. Requires: `index` < count().
  const Block* find(size_t index) const { return places_[index].load(std::memory_order_acquire); }

  /// Holds `block` there, or another thread's that came first. Nullptr, and `block` is left as it was: there is no room.
  const Block* hold(size_t index, Block& block);

private:
  BlockCache& cache_;
  const size_t count_;
  std::unique_ptr<std::atomic<const Block*>[]> places_;
};

}  // namespace coppice::engine
