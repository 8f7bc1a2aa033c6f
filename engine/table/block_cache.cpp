#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/coding.hpp"
#include "engine/table/block_cache_slot.hpp"

namespace coppice::engine {

namespace {

using Fate = SlotWord<>::Fate;

constexpr size_t kBudgetMin = 1 << 20;
// A slot for every block of the default size in the budget; past three quarters full, probes grow long.
constexpr size_t kBlockSizeUsual = 4096;
// Small, so that a block that is held keeps little else from being swept.
constexpr uint32_t kSegmentSize = 64 << 10;
// What the allocator adds to a large block, about.
constexpr size_t kLargeOverhead = 32;
// After so many segments that gave no room, blocks that were hit go too: so no insertion walks far.
constexpr size_t kSparingSweeps = 16;
constexpr uint32_t kNoSlot = UINT32_MAX;
// The cache remembers about a quarter as many misses as it has blocks: who is asked for again within so many will be hit more
// often than what goes for it. Four times as many let in five times as much, and fewer reads were hits.
constexpr size_t kSlotsPerMark = 8;

size_t large_charge(size_t size) { return size + kLargeOverhead; }

// Before each block in a segment.
constexpr uint32_t kHeaderSize = 8;
constexpr uint32_t kFirstOffset = kAlignment - kHeaderSize;

// Of a block in a segment, with its header.
size_t room_for(size_t size) { return (kHeaderSize + size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

Block copy_block(ByteView bytes) {
  Block block{std::make_unique_for_overwrite<char[]>(bytes.size()), bytes.size()};
  bytes.copy(block.bytes.get(), bytes.size());
  return block;
}

// Whose a block in a segment is, and how far it is to the next.
struct BlockCache::Header {
  uint32_t slot;
  uint32_t size;
};

BlockCache::BlockCache(const MemoryBudget& given) {
  static_assert(sizeof(Slot) == 64);
  static_assert(sizeof(Header) == kHeaderSize);
  const size_t budget = std::max(given.size, kBudgetMin);
  const size_t for_tables = given.tables_max == 0 ? budget : std::clamp(given.tables_max, kBudgetMin, budget);
  const size_t slot_count = std::bit_ceil(for_tables / kBlockSizeUsual * 4 / 3);
  slot_mask_ = slot_count - 1;
  slots_size_ = slot_count * sizeof(Slot);
  tables_size_ = slots_size_ + Doorkeeper::size(slot_count / kSlotsPerMark);
  budget_ = budget - tables_size_;
  tables_max_ = for_tables - tables_size_;
  memtables_max_ = given.memtables_max == 0 ? budget_ / 2 : std::min(given.memtables_max, budget_);
  missed_ = std::make_unique<Doorkeeper>(slot_count / kSlotsPerMark);
  segment_count_ = static_cast<uint32_t>(tables_max_ / kSegmentSize);
  memory_ = std::make_unique<HugeMemory>(slots_size_ + size_t{segment_count_} * kSegmentSize);
  slots_ = reinterpret_cast<Slot*>(memory_->data());
  std::uninitialized_value_construct_n(slots_, slot_count);
  segments_ = std::make_unique<Segment[]>(segment_count_);
  for (uint32_t segment = segment_count_; segment-- > 1;) unused_.push_back(segment);
  filling_ = kFirstOffset;
  size_ = kSegmentSize;
}

BlockCache::~BlockCache() {
  for (size_t i = 0; i <= slot_mask_; ++i) {
    const bool pinned = slots_[i].word.is_pinned();
    COPPICE_CHECK(!pinned);
  }
  std::destroy_n(slots_, slot_mask_ + 1);
}

char* BlockCache::segment_bytes(uint32_t segment) const {
  return memory_->data() + slots_size_ + size_t{segment} * kSegmentSize;
}

bool BlockCache::is_wanted(const BlockKey& key) {
  return !is_full_.load(std::memory_order_relaxed) || missed_->knows(hash_of(key));
}

BlockRef BlockCache::insert(const BlockKey& key, ByteView block) {
  COPPICE_CHECK(!block.empty());
  const size_t size = room_for(block.size());
  if (size > kSegmentSize / 2) return insert_large(key, block);

  uint32_t segment = 0;
  char* const room = take(size, segment);
  if (room == nullptr) return BlockRef(copy_block(block));
  block.copy(room + kHeaderSize, block.size());
  const uint64_t hash = hash_of(key);
  Slot* const slot = claim(hash);
  const uint32_t place = slot == nullptr ? kNoSlot : static_cast<uint32_t>(slot - slots_);
  store_fixed(room, Header{place, static_cast<uint32_t>(size)});
  BlockRef ref = slot == nullptr ? BlockRef(copy_block(block))
                                 : publish(*slot, key, room + kHeaderSize, block.size(), hash);
  segments_[segment].writers.fetch_sub(1, std::memory_order_release);
  return ref;
}

// Room in the segment that is being filled, of which the caller is then a writer. Nullptr: there is none.
char* BlockCache::take(size_t size, uint32_t& segment) {
  constexpr int kTries = 64;
  for (int i = 0; i < kTries; ++i) {
    uint64_t filling = filling_.load();
    segment = static_cast<uint32_t>(filling >> 32);
    const auto offset = static_cast<uint32_t>(filling);
    if (offset + size > kSegmentSize || is_crowded()) {
      if (!make_room(size)) return nullptr;
      continue;
    }
    segments_[segment].writers.fetch_add(1);
    if (filling_.compare_exchange_strong(filling, filling + size)) return segment_bytes(segment) + offset;
    segments_[segment].writers.fetch_sub(1, std::memory_order_release);
  }
  return nullptr;
}

// A slot for a block with this hash, busy; or nullptr.
BlockCache::Slot* BlockCache::claim(uint64_t hash) {
  size_t index = hash & slot_mask_;
  for (size_t probes = 0; probes <= slot_mask_; ++probes, index = (index + 1) & slot_mask_) {
    Slot& slot = slots_[index];
    if (slot.word.claim()) {
      count_.fetch_add(1, std::memory_order_relaxed);
      return &slot;
    }
    slot.passed.fetch_add(1, std::memory_order_relaxed);
  }
  // Every slot was taken while we looked; a quarter is left free, so this is next to impossible.
  for (size_t i = 0; i <= slot_mask_; ++i) slots_[i].passed.fetch_sub(1, std::memory_order_relaxed);
  return nullptr;
}

BlockRef BlockCache::publish(Slot& slot, const BlockKey& key, const char* bytes, size_t size, uint64_t hash) {
  slot.key = key;
  slot.bytes = bytes;
  slot.size = size;
  slot.word.publish(hash);
  return BlockRef(bytes, size, &slot.word);
}

BlockRef BlockCache::insert_large(const BlockKey& key, ByteView block) {
  const size_t charge = large_charge(block.size());
  Block copy = copy_block(block);
  if (charge > budget_ / 2 || is_crowded() || !begin_sweep()) return BlockRef(std::move(copy));
  BlockRef ref;
  const uint64_t hash = hash_of(key);
  Slot* const slot = free_up(charge) ? claim(hash) : nullptr;
  if (slot != nullptr) {
    slot->large = std::move(copy.bytes);
    ref = publish(*slot, key, slot->large.get(), block.size(), hash);
    queue_.push_back(uint64_t{segment_count_} + static_cast<uint64_t>(slot - slots_));
  } else {
    ref = BlockRef(std::move(copy));
  }
  end_sweep();
  return ref;
}

bool BlockCache::is_crowded() const {
  return count_.load(std::memory_order_relaxed) >= (slot_mask_ + 1) / 4 * 3;
}

// Another segment to fill, with room for `size` bytes. False: there is none, or another thread is at it.
bool BlockCache::make_room(size_t size) {
  if (!begin_sweep()) return false;
  // What was charged meanwhile may have passed the budget.
  const bool opened = free_up(0) && open_segment(size);
  end_sweep();
  return opened;
}

// What follows is the sweeper's.

bool BlockCache::open_segment(size_t size) {
  // With too many blocks memory is not what lacks; but only what is in the queue can be swept.
  if ((!is_crowded() || queue_.empty()) && open_unused()) return true;
  const size_t sweeps_max = queue_.size() + kSparingSweeps;
  for (size_t sweeps = 0; sweeps < sweeps_max && !queue_.empty(); ++sweeps) {
    const bool spare_hit = sweeps < kSparingSweeps;
    const uint64_t oldest = queue_.front();
    queue_.pop_front();
    if (oldest >= segment_count_) {
      if (!sweep_large(oldest, spare_hit)) queue_.push_back(oldest);
      if (open_unused()) return true;
      continue;
    }
    const auto segment = static_cast<uint32_t>(oldest);
    const uint32_t end = sweep(segment, spare_hit);
    if (end + size <= kSegmentSize) {
      fill(segment, end);
      return true;
    }
    queue_.push_back(segment);
  }
  return false;
}

bool BlockCache::open_unused() {
  if (unused_.empty() || !grow(kSegmentSize)) return false;
  fill(unused_.back(), kFirstOffset);
  unused_.pop_back();
  return true;
}

// From now on `segment` is filled, from `offset` on.
void BlockCache::fill(uint32_t segment, uint32_t offset) {
  const uint64_t before = filling_.exchange((uint64_t{segment} << 32) | offset);
  const auto full = static_cast<uint32_t>(before >> 32);
  segments_[full].end = static_cast<uint32_t>(before);
  queue_.push_back(full);
}

// Counts `size` bytes, after giving back as much as that takes. False: too much is held.
bool BlockCache::free_up(size_t size) {
  size_t sweeps_left = queue_.size() + kSparingSweeps;
  while (!grow(size)) {
    if (sweeps_left-- == 0 || queue_.empty()) return false;
    const uint64_t oldest = queue_.front();
    queue_.pop_front();
    if (oldest >= segment_count_) {
      if (!sweep_large(oldest, sweeps_left > kSparingSweeps)) queue_.push_back(oldest);
      continue;
    }
    const auto segment = static_cast<uint32_t>(oldest);
    if (sweep(segment, false) > kFirstOffset) {
      queue_.push_back(segment);
      continue;
    }
    memory_->release(slots_size_ + size_t{segment} * kSegmentSize, kSegmentSize);
    unused_.push_back(segment);
    size_.fetch_sub(kSegmentSize, std::memory_order_relaxed);
  }
  return true;
}

// Evicts from a segment what is not held, and, if `spare_hit`, was not hit; moves the rest to its beginning, but what is
// held. Returns where the blocks end now.
uint32_t BlockCache::sweep(uint32_t segment, bool spare_hit) {
  uint32_t& end = segments_[segment].end;
  if (segments_[segment].writers.load() != 0) return end;
  is_full_.store(true, std::memory_order_relaxed);
  char* const bytes = segment_bytes(segment);
  // Slots lie anywhere: let them all come at once.
  for (uint32_t at = kFirstOffset; at < end;) {
    const auto header = load_fixed<Header>(bytes + at);
    if (header.slot != kNoSlot) __builtin_prefetch(&slots_[header.slot], 1);
    at += header.size;
  }
  uint32_t to = kFirstOffset;
  for (uint32_t from = kFirstOffset; from < end;) {
    const auto header = load_fixed<Header>(bytes + from);
    const uint32_t next = from + header.size;
    if (header.slot != kNoSlot) {
      Slot& slot = slots_[header.slot];
      switch (slot.word.judge(spare_hit)) {
        case Fate::goes:
          clear(slot);
          break;
        case Fate::moves:
          if (to < from) std::memmove(bytes + to, bytes + from, header.size);
          slot.bytes = bytes + to + kHeaderSize;
          to += header.size;
          slot.word.publish_moved();
          break;
        case Fate::stays:
          // What was before it is a gap until the next time.
          if (to < from) store_fixed(bytes + to, Header{kNoSlot, from - to});
          to = next;
          break;
      }
    }
    from = next;
  }
  return end = to;
}

// True: the large block that the queue names so is gone.
bool BlockCache::sweep_large(uint64_t name, bool spare_hit) {
  Slot& slot = slots_[name - segment_count_];
  const size_t charge = large_charge(slot.size);
  const Fate fate = slot.word.judge(spare_hit);
  if (fate == Fate::moves) slot.word.publish_moved();
  if (fate != Fate::goes) return false;
  slot.large.reset();
  clear(slot);
  size_.fetch_sub(charge, std::memory_order_relaxed);
  return true;
}

// Empties a slot. Requires: it is busy, and its block is to go.
void BlockCache::clear(Slot& slot) {
  const auto index = static_cast<size_t>(&slot - slots_);
  for (size_t i = hash_of(slot.key) & slot_mask_; i != index; i = (i + 1) & slot_mask_)
    slots_[i].passed.fetch_sub(1, std::memory_order_relaxed);
  slot.word.clear();
  count_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace coppice::engine
