// Keeps blocks of tables in memory, within a budget of bytes that every shard shares.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "schema/types.hpp"

namespace coppice::engine {

/// The checked, decompressed payload of one block. Frozen.
struct Block {
  std::unique_ptr<char[]> bytes;
  size_t size = 0;
};

/// Names a block in all tables of the process.
struct BlockKey {
  uint64_t table_id = 0;
  uint64_t offset = 0;

  bool operator==(const BlockKey&) const = default;
};

class BlockCache;

/// Keeps one block alive and readable: either one in the cache, which is not evicted meanwhile, or one that
/// nobody else knows. Moves, does not copy.
/// Lifetime: the cache outlives it.
class BlockRef {
public:
  BlockRef() = default;
  /// A block outside of any cache.
  explicit BlockRef(Block block)
      : bytes_(block.bytes.get()), size_(block.size), own_(std::move(block.bytes)) {}
  BlockRef(BlockRef&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        pins_(std::exchange(other.pins_, nullptr)),
        own_(std::move(other.own_)) {}
  BlockRef& operator=(BlockRef&& other) noexcept {
    BlockRef taken(std::move(other));
    std::swap(bytes_, taken.bytes_);
    std::swap(size_, taken.size_);
    std::swap(pins_, taken.pins_);
    std::swap(own_, taken.own_);
    return *this;
  }
  ~BlockRef() {
    if (pins_ != nullptr) pins_->fetch_sub(1, std::memory_order_release);
  }

  explicit operator bool() const { return bytes_ != nullptr; }
  /// Lifetime: this reference's; moving the reference does not move the bytes.
  ByteView bytes() const { return {bytes_, size_}; }

private:
  friend class BlockCache;
  BlockRef(const Block& block, std::atomic<uint64_t>* pins)
      : bytes_(block.bytes.get()), size_(block.size), pins_(pins) {}

  const char* bytes_ = nullptr;
  size_t size_ = 0;
  std::atomic<uint64_t>* pins_ = nullptr;
  std::unique_ptr<char[]> own_;
};

struct BlockCacheStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  /// Bytes that the cache takes now, and the most that it may take.
  uint64_t size = 0;
  uint64_t budget = 0;
  uint64_t blocks = 0;
};

/// A fixed table of slots, open addressed with linear probing, one cache line a slot. Evicts by CLOCK: a hand
/// goes round and takes blocks that nobody holds and that were not hit since it last came by; a block that
/// was hit lives for several rounds, one that was read once for one.
///
/// Each slot has one atomic word:
///
///     63     62   61 ........ 34   33 32   31 ......... 0
///     live  busy   tag (28 bits)   clock   pins
///
///     empty --claim--> busy --publish--> live --evict (pins == 0)--> busy --clear--> empty
///
/// Why the orderings suffice:
///  - Claim and evict are compare-and-swaps to `busy`, so one thread at a time writes a slot's key and block,
///    and only while the slot is busy.
///  - Publish adds `live` with release. A reader pins by fetch_add with acquire and looks at the word before its
///    own addition: if that was live, it sees the key and block as published, and they stay, because evict
///    needs a word with no pins. If it was not live, the reader takes its pin back and has read nothing.
///  - A pin is given back with release, and evict acquires: whatever a reader read, it read before the block is
///    freed. Every change of the word is a read-modify-write, so the release sequence is never broken.
///  - Passing pins of readers that came too late may sit on an empty or busy word; every transition adds or
///    subtracts its own bits only, so none of them is lost.
///  - `passed` counts the blocks that live beyond a slot though they hash to it or before it; a search ends where
///    it is 0. It is raised before the block is published and lowered after the block is gone. A search that
///    reads an old value ends too early or too late: a miss, or a wasted step, never a wrong block, since a
///    block counts only if its whole key is equal. So it is relaxed.
///
/// Two threads that miss the same block at once may both insert it; the spare one is evicted in its turn.
///
/// Threads: any number; no call waits for another.
/// Source: the same idea as RocksDB's HyperClockCache.
class BlockCache {
public:
  /// `budget`: bytes for blocks and for the table of slots; 1 MiB and more (less is taken as 1 MiB).
  explicit BlockCache(size_t budget);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// The block, kept until the reference goes; or an empty reference.
  BlockRef find(const BlockKey& key);

  /// Takes `block` in, making room by evicting others. When all else is held, the reference is the only one
  /// to the block and the cache does not know it: slower for the next reader, never wrong, never over the
  /// budget. Requires: `block` is not empty.
  BlockRef insert(const BlockKey& key, Block block);

  /// Takes `size` bytes of the budget for what somebody keeps outside of the cache, and makes room for them. False, and
  /// nothing taken: all that is kept so would pass half of the budget.
  bool reserve(size_t size);
  /// Gives back what reserve() took.
  void unreserve(size_t size);

  BlockCacheStats stats() const;

private:
  struct Slot;
  struct alignas(64) Counters {
    std::atomic<uint64_t> hits{0};
    std::atomic<uint64_t> misses{0};
  };

  bool make_room(size_t charge, size_t count);
  bool visit(size_t index);

  size_t slot_mask_;
  size_t table_size_;  // of the slots
  size_t budget_;      // for blocks
  std::unique_ptr<Slot[]> slots_;
  std::atomic<size_t> size_{0};
  std::atomic<size_t> count_{0};
  std::atomic<size_t> reserved_{0};  // of size_
  std::atomic<size_t> hand_{0};
  // Spread by key, so that counting does not make readers share a cache line.
  std::array<Counters, 16> counters_;
};

}  // namespace coppice::engine
