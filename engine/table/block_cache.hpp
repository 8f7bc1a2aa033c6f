// Keeps blocks of tables in memory, within a budget of bytes that every shard shares.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/huge_memory.hpp"
#include "engine/base/stripe.hpp"
#include "engine/table/doorkeeper.hpp"
#include "engine/table/slot_word.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

/// The checked, decompressed payload of one block. Frozen.
struct Block {
  std::unique_ptr<char[]> bytes;
  size_t size = 0;
};

/// A block with these bytes.
Block copy_block(ByteView bytes);

/// Names a block in all tables of the process.
struct BlockKey {
  uint64_t table_id = 0;
  uint64_t offset = 0;

  bool operator==(const BlockKey&) const = default;
};

class BlockCache;

/// Where the cache had a block when it was last found. It may be wrong at any time, and then costs a search, no more: so it
/// needs no ordering. Threads: any number.
class BlockHint {
private:
  friend class BlockCache;
  // The slot's index + 1 above 32 bits of where its bytes are, in lines of memory; 0: nothing known.
  std::atomic<uint64_t> place_{0};
};

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
        pinned_(std::exchange(other.pinned_, nullptr)),
        own_(std::move(other.own_)) {}
  BlockRef& operator=(BlockRef&& other) noexcept {
    BlockRef taken(std::move(other));
    std::swap(bytes_, taken.bytes_);
    std::swap(size_, taken.size_);
    std::swap(pinned_, taken.pinned_);
    std::swap(own_, taken.own_);
    return *this;
  }
  ~BlockRef() {
    if (pinned_ != nullptr) pinned_->unpin();
  }

  explicit operator bool() const { return bytes_ != nullptr; }
  /// Lifetime: this reference's; moving the reference does not move the bytes.
  ByteView bytes() const { return {bytes_, size_}; }

private:
  friend class BlockCache;
  BlockRef(const char* bytes, size_t size, SlotWord<>* pinned)
      : bytes_(bytes), size_(size), pinned_(pinned) {}

  const char* bytes_ = nullptr;
  size_t size_ = 0;
  SlotWord<>* pinned_ = nullptr;
  std::unique_ptr<char[]> own_;
};

/// What memory of a budget is taken for, beside blocks.
enum class MemoryUse : uint8_t {
  memtables,
  /// Of open tables.
  filters,
  /// All else of open tables: pages, roots, range deletes, the file.
  index,
};
inline constexpr size_t kMemoryUseCount = 3;

/// Bytes. 0: as if it were not said.
struct MemoryBudget {
  /// For all; 1 MiB and more (less is taken as 1 MiB).
  size_t size = 0;
  /// Of that, at most for memtables; not said: half.
  size_t memtables_max = 0;
  /// Of that, at most for blocks and open tables, however little memtables take; not said: all.
  size_t tables_max = 0;
};

struct BlockCacheStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  /// Bytes that are taken of the budget now, and all of it.
  uint64_t size = 0;
  uint64_t budget = 0;
  /// Of `size`: what memtables take, and what open tables keep outside of the cache: filters, and the rest. What is left is the
  /// cache itself.
  uint64_t memtables = 0;
  uint64_t reserved = 0;
  uint64_t filters = 0;
  uint64_t blocks = 0;
};

/// A fixed table of slots, open addressed with linear probing, one cache line a slot, that says where each block is; and
/// the blocks themselves one behind the other in segments, in one stretch of memory in large pages.
///
///     slots      [ key, where ] [ ] [ key, where ] ...
///                       |                  |
///     segments   [ b b bbb bb b ] [ bbb b b b b ] [ b b ....... ]     oldest first, then the one being filled
///
/// A full segment goes to the end of a queue. When there is no memory for another, the oldest is swept: blocks that nobody
/// holds and that were not hit since it was swept last are gone, the others move together at its beginning, and the rest
/// of it is filled anew. So evicting costs little a block, leaves no holes, and needs no allocator. Blocks that are held
/// stay where they are. A block larger than half a segment is allocated for itself and stands in the queue for itself.
///
/// Each slot has one atomic word, which says who may read it and who may write it: see slot_word.hpp. Why the other orderings
/// suffice:
///  - `passed` counts the blocks that live beyond a slot though they hash to it or before it; a search ends where
///    it is 0. It is raised before the block is published and lowered after the block is gone. A search that
///    reads an old value ends too early or too late: a miss, or a wasted step, never a wrong block, since a
///    block counts only if its whole key is equal. So it is relaxed.
///  - `filling_` names the segment being filled and how far. To write there a thread raises the segment's `writers` and
///    then moves `filling_` on by a compare-and-swap; when done it lowers `writers` with release. Sweeping changes
///    `filling_` first and then looks at `writers`. All of these but the lowering are sequentially consistent: so either
///    the writer sees that the segment is not being filled, or the sweeper sees the writer, and leaves the segment alone.
///    Where it sees none, it acquires what all of them wrote.
///  - One thread at a time sweeps, whoever sets `sweeping_`; what only it touches needs no more. One that finds it set
///    does not wait, but goes without the cache. What it charged meanwhile the sweeper makes room for: charge() adds to
///    `size_` and then looks at `sweeping_`, a sweeper lowers `sweeping_` and then looks at `size_`, all of it sequentially
///    consistent, so that one of them sees the other.
///
/// Two threads that miss the same block at once may both insert it; the spare one is evicted in its turn.
///
/// Threads: any number; no call waits for another.
/// Source: slots as in RocksDB's HyperClockCache; segments as a log-structured memory is cleaned.
class BlockCache {
public:
  explicit BlockCache(const MemoryBudget& budget);
  explicit BlockCache(size_t size) : BlockCache(MemoryBudget{.size = size}) {}
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// The block, kept until the reference goes; or an empty reference.
  BlockRef find(const BlockKey& key);

  /// The same, but looks first where the hint says, and leaves in it where the block was.
  BlockRef find(const BlockKey& key, BlockHint& hint);
  /// The block, if it is where the hint says; otherwise an empty reference, and no miss.
  BlockRef find_hinted(const BlockKey& key, const BlockHint& hint);
  /// Begins to load the slot, and the block's first bytes, that the hint names.
  void prefetch(const BlockHint& hint) const;

  /// Of a block that find() has not found: whether it is worth insert(). Once memory is used up, only one that was asked for
  /// before, not long ago: most blocks of a large store are read once, and would push out others for nothing.
  bool is_wanted(const BlockKey& key);

  /// Takes a copy of `block` in, making room by evicting others. Where that cannot be, as all else is held or another thread
  /// makes room at this moment, the reference has the only copy and the cache does not know it: slower for the next
  /// reader, never wrong, never over the budget. Requires: `block` is not empty.
  BlockRef insert(const BlockKey& key, ByteView block);

  /// Takes `size` bytes of the budget for what an open table keeps outside of the cache, and makes room for them. False, and
  /// nothing taken: all that is kept so would pass half of what memtables leave, or room cannot be made now.
  bool reserve(size_t size, MemoryUse use = MemoryUse::index);
  /// Whether that would take no more than half of what memtables leave.
  bool may_reserve(size_t size) const { return kept_by_tables() + size <= tables_room() / 2; }
  /// As reserve(), for what somebody cannot do without: makes room as far as it can be made, and counts it all the same.
  void charge(size_t size, MemoryUse use = MemoryUse::index);
  /// Gives back what reserve() or charge() took.
  void unreserve(size_t size, MemoryUse use = MemoryUse::index);
  size_t taken(MemoryUse use) const {
    return taken_[static_cast<size_t>(use)].load(std::memory_order_relaxed);
  }

  /// What memtables may take is for those who charge() to keep to, and for trees to divide.
  size_t memtables_max() const { return memtables_max_; }
  void add_tree() { tree_count_.fetch_add(1, std::memory_order_relaxed); }
  void remove_tree() { tree_count_.fetch_sub(1, std::memory_order_relaxed); }
  size_t tree_count() const { return tree_count_.load(std::memory_order_relaxed); }

  /// Somebody would reserve more than may_reserve(): whoever can do without what it has reserved is to give it back. There
  /// is no telling who that is, so all ask now and then how often this was called.
  void ask_back() { asked_back_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t asked_back() const { return asked_back_.load(std::memory_order_relaxed); }

  BlockCacheStats stats() const;

private:
  struct Slot;
  struct Header;
  struct alignas(64) Counters {
    std::atomic<uint64_t> hits{0};
    std::atomic<uint64_t> misses{0};
  };
  struct alignas(64) Segment {
    std::atomic<uint32_t> writers{0};
    uint32_t end = 0;  // of its blocks, once it is full
  };

  static uint64_t hash_of(const BlockKey& key);
  BlockRef look(const BlockKey& key, uint64_t hash);
  static BlockRef pin(Slot& slot, const BlockKey& key, uint64_t hash);
  void count(bool is_hit);
  uint64_t place_of(const BlockRef& block) const;
  char* segment_bytes(uint32_t segment) const;
  bool is_crowded() const;
  char* take(size_t size, uint32_t& segment);
  Slot* claim(uint64_t hash);
  BlockRef publish(Slot& slot, const BlockKey& key, const char* bytes, size_t size, uint64_t hash);
  BlockRef insert_large(const BlockKey& key, ByteView block);
  bool grow(size_t size);
  size_t limit() const;
  size_t tables_room() const;
  size_t kept_by_tables() const { return taken(MemoryUse::filters) + taken(MemoryUse::index); }
  bool make_room(size_t size);

  bool begin_sweep();
  void end_sweep();
  bool open_segment(size_t size);
  bool open_unused();
  void fill(uint32_t segment, uint32_t offset);
  bool free_up(size_t size);
  uint32_t sweep(uint32_t segment, bool spare_hit);
  bool sweep_large(uint64_t name, bool spare_hit);
  void clear(Slot& slot);

  size_t slot_mask_ = 0;
  size_t slots_size_ = 0;
  size_t tables_size_ = 0;  // of the slots and what remembers misses
  // For the rest.
  size_t budget_ = 0;
  size_t tables_max_ = 0;
  size_t memtables_max_ = 0;
  std::unique_ptr<HugeMemory> memory_;
  std::unique_ptr<Doorkeeper> missed_;
  Slot* slots_ = nullptr;
  uint32_t segment_count_ = 0;
  std::unique_ptr<Segment[]> segments_;
  alignas(64) std::atomic<uint64_t> filling_{0};  // segment above 32 bits of offset
  std::atomic<size_t> size_{0};                   // segments in use, large blocks, taken
  // Of size_, by MemoryUse.
  std::array<std::atomic<size_t>, kMemoryUseCount> taken_{};
  std::atomic<size_t> tree_count_{0};
  std::atomic<size_t> count_{0};  // blocks
  std::atomic<uint64_t> asked_back_{0};
  std::atomic<bool> sweeping_{false};
  std::atomic<bool> is_full_{false};  // something was swept
  // The sweeper's. In the queue: a segment, or, from segment_count_ on, the slot of a large block.
  std::deque<uint64_t> queue_;
  std::vector<uint32_t> unused_;
  // So that counting does not make readers share a cache line.
  std::array<Counters, kStripeCount> counters_;
};

}  // namespace coppice::engine
