#include "engine/table/block_cache.hpp"

#include <algorithm>
#include <bit>

#include "engine/base/random.hpp"

namespace coppice::engine {

namespace {

constexpr uint64_t kPinsMask = (uint64_t{1} << 32) - 1;
constexpr uint64_t kClockOne = uint64_t{1} << 32;
constexpr uint64_t kClockMask = uint64_t{3} << 32;
constexpr uint64_t kTagShift = 34;
constexpr uint64_t kTagMask = ((uint64_t{1} << 28) - 1) << kTagShift;
constexpr uint64_t kBusy = uint64_t{1} << 62;
constexpr uint64_t kLive = uint64_t{1} << 63;

constexpr size_t kBudgetMin = 1 << 20;
// A slot for every block of the default size in the budget; past three quarters full, probes grow long.
constexpr size_t kBlockSizeUsual = 4096;
// The allocator's own words, and the trailer that a block's bytes may still have behind them.
constexpr size_t kBlockOverhead = 32;
constexpr size_t kHandStep = 8;

uint64_t hash_of(const BlockKey& key) { return mix(key.table_id + mix(key.offset)); }
uint64_t tag_of(uint64_t hash) { return (hash >> 36) << kTagShift; }
size_t charge_of(const Block& block) { return block.size + kBlockOverhead; }

}  // namespace

struct alignas(64) BlockCache::Slot {
  std::atomic<uint64_t> word{0};
  std::atomic<uint32_t> passed{0};
  BlockKey key;
  Block block;
};

BlockCache::BlockCache(size_t budget) {
  static_assert(sizeof(Slot) == 64);
  budget = std::max(budget, kBudgetMin);
  const size_t slot_count = std::bit_ceil(budget / kBlockSizeUsual * 4 / 3);
  slot_mask_ = slot_count - 1;
  table_size_ = slot_count * sizeof(Slot);
  budget_ = budget - table_size_;
  slots_ = std::make_unique<Slot[]>(slot_count);
}

BlockCache::~BlockCache() {
  for (size_t i = 0; i <= slot_mask_; ++i) {
    const bool pinned = (slots_[i].word.load(std::memory_order_acquire) & kPinsMask) != 0;
    COPPICE_CHECK(!pinned);
  }
}

BlockRef BlockCache::find(const BlockKey& key) {
  const uint64_t hash = hash_of(key);
  const uint64_t wanted = kLive | tag_of(hash);
  Counters& counters = counters_[hash % counters_.size()];
  size_t index = hash & slot_mask_;
  for (size_t probes = 0; probes <= slot_mask_; ++probes, index = (index + 1) & slot_mask_) {
    Slot& slot = slots_[index];
    // A glance first: a pin taken for nothing would disturb whoever uses that slot.
    if ((slot.word.load(std::memory_order_relaxed) & (kLive | kTagMask)) == wanted) {
      const uint64_t before = slot.word.fetch_add(1, std::memory_order_acquire);
      if ((before & (kLive | kTagMask)) == wanted && slot.key == key) {
        if ((before & kClockMask) != kClockMask) slot.word.fetch_or(kClockMask, std::memory_order_relaxed);
        counters.hits.fetch_add(1, std::memory_order_relaxed);
        return BlockRef(slot.block, &slot.word);
      }
      slot.word.fetch_sub(1, std::memory_order_release);
    }
    if (slot.passed.load(std::memory_order_relaxed) == 0) break;
  }
  counters.misses.fetch_add(1, std::memory_order_relaxed);
  return {};
}

BlockRef BlockCache::insert(const BlockKey& key, Block block) {
  COPPICE_CHECK(block.bytes != nullptr);
  const size_t charge = charge_of(block);
  if (!make_room(charge, 1)) return BlockRef(std::move(block));

  const uint64_t hash = hash_of(key);
  const size_t home = hash & slot_mask_;
  size_t index = home;
  for (size_t probes = 0; probes <= slot_mask_; ++probes, index = (index + 1) & slot_mask_) {
    Slot& slot = slots_[index];
    uint64_t word = slot.word.load(std::memory_order_relaxed);
    while ((word & (kLive | kBusy)) == 0) {
      if (!slot.word.compare_exchange_weak(word, word | kBusy, std::memory_order_acquire,
                                           std::memory_order_relaxed))
        continue;
      slot.key = key;
      slot.block = std::move(block);
      // Busy goes, live comes, with a tag, a first chance with the hand, and the caller's pin.
      slot.word.fetch_add(kLive - kBusy + tag_of(hash) + kClockOne + 1, std::memory_order_release);
      return BlockRef(slot.block, &slot.word);
    }
    slot.passed.fetch_add(1, std::memory_order_relaxed);
  }

  // Every slot was taken while we looked; make_room leaves a quarter free, so this is next to impossible.
  for (size_t i = 0; i <= slot_mask_; ++i) slots_[i].passed.fetch_sub(1, std::memory_order_relaxed);
  size_.fetch_sub(charge, std::memory_order_relaxed);
  count_.fetch_sub(1, std::memory_order_relaxed);
  return BlockRef(std::move(block));
}

bool BlockCache::reserve(size_t size) {
  if (reserved_.fetch_add(size, std::memory_order_relaxed) + size <= budget_ / 2 && make_room(size, 0))
    return true;
  reserved_.fetch_sub(size, std::memory_order_relaxed);
  return false;
}

void BlockCache::unreserve(size_t size) {
  size_.fetch_sub(size, std::memory_order_relaxed);
  reserved_.fetch_sub(size, std::memory_order_relaxed);
}

// Reserves room for `count` blocks first and evicts until all reservations fit, so that the budget holds whoever else
// does the same. Gives up, reserving nothing, once the hand has gone round without moving anything.
bool BlockCache::make_room(size_t charge, size_t count) {
  if (charge > budget_) return false;
  size_.fetch_add(charge, std::memory_order_relaxed);
  count_.fetch_add(count, std::memory_order_relaxed);
  const size_t count_max = (slot_mask_ + 1) / 4 * 3;
  size_t idle_steps = 0;
  while (size_.load(std::memory_order_relaxed) > budget_ ||
         count_.load(std::memory_order_relaxed) > count_max) {
    if (idle_steps > slot_mask_) {
      size_.fetch_sub(charge, std::memory_order_relaxed);
      count_.fetch_sub(count, std::memory_order_relaxed);
      return false;
    }
    const size_t first = hand_.fetch_add(kHandStep, std::memory_order_relaxed);
    bool moved = false;
    for (size_t i = first; i < first + kHandStep; ++i) moved |= visit(i & slot_mask_);
    idle_steps = moved ? 0 : idle_steps + kHandStep;
  }
  return true;
}

// The hand comes by: takes one chance from the slot's block, or the block itself. False: neither was possible.
bool BlockCache::visit(size_t index) {
  Slot& slot = slots_[index];
  uint64_t word = slot.word.load(std::memory_order_relaxed);
  if ((word & kLive) == 0 || (word & kPinsMask) != 0) return false;
  if ((word & kClockMask) != 0)
    return slot.word.compare_exchange_strong(word, word - kClockOne, std::memory_order_relaxed);
  if (!slot.word.compare_exchange_strong(word, kBusy, std::memory_order_acquire, std::memory_order_relaxed))
    return false;

  const Block block = std::move(slot.block);
  for (size_t i = hash_of(slot.key) & slot_mask_; i != index; i = (i + 1) & slot_mask_)
    slots_[i].passed.fetch_sub(1, std::memory_order_relaxed);
  slot.word.fetch_sub(kBusy, std::memory_order_release);
  size_.fetch_sub(charge_of(block), std::memory_order_relaxed);
  count_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

BlockCacheStats BlockCache::stats() const {
  BlockCacheStats stats;
  for (const Counters& counters : counters_) {
    stats.hits += counters.hits.load(std::memory_order_relaxed);
    stats.misses += counters.misses.load(std::memory_order_relaxed);
  }
  stats.size = size_.load(std::memory_order_relaxed) + table_size_;
  stats.budget = budget_ + table_size_;
  stats.blocks = count_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace coppice::engine
