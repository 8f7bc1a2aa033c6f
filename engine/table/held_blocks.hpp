// Blocks that stay in memory as long as their table is open.
#pragma once

#include <atomic>
#include <memory>

#include "engine/table/block_cache.hpp"
#include "engine/table/block_view.hpp"

namespace coppice::engine {

/// A filter, or a page of the index that is opened for whoever searches it.
struct HeldBlock {
  /// A filter's lines lie at lines of memory then, so that a question costs one miss.
  static HeldBlock of_filter(ByteView payload);

  Block block;
  /// Of a page.
  BlockView page;
  /// Of a page: for each entry, where the cache has the block that it names. Null: not known for any.
  std::unique_ptr<BlockHint[]> hints;
  /// Of a filter: where in the block's memory it begins.
  size_t begin = 0;

  /// Makes `page` of the bytes. False: they are no page.
  bool open();
  void make_hints() { hints = std::make_unique<BlockHint[]>(page.count()); }

  ByteView bytes() const { return {block.bytes.get() + begin, block.size - begin}; }
  /// Memory.
  size_t size() const;
};

/// A row of places, each empty or with one block that then stays: what nearly every read of a table begins with.
/// To find one takes a load and no pin, so that readers on many threads share no word that changes. What is held
/// counts in the cache's budget, and the cache decides how much that may be. It is given back with the open table: see
/// unread_tables.hpp.
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
  const HeldBlock* find(size_t index) const { return places_[index].load(std::memory_order_acquire); }

  /// Holds `block` there, or another thread's that came first. Nullptr, and `block` is left as it was: there is no room.
  const HeldBlock* hold(size_t index, HeldBlock& block);

private:
  BlockCache& cache_;
  const size_t count_;
  std::unique_ptr<std::atomic<const HeldBlock*>[]> places_;
};

}  // namespace coppice::engine
