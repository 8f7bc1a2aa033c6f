// How the block cache finds a block.
#include <algorithm>

#include "engine/base/random.hpp"
#include "engine/table/block_cache_slot.hpp"

namespace coppice::engine {

namespace {

// Of a BlockHint. Of a large block, and of memory past 256 GiB, it knows the slot only.
constexpr uint32_t kSlotShift = 32;
constexpr uint64_t kNoLine = (uint64_t{1} << kSlotShift) - 1;
// A data block's fingerprints, offsets and base take about so many lines.
constexpr size_t kFrontLines = 3;

}  // namespace

uint64_t BlockCache::hash_of(const BlockKey& key) { return mix(key.table_id + mix(key.offset)); }

void BlockCache::count(bool is_hit) {
  Counters& counters = counters_[stripe_here()];
  (is_hit ? counters.hits : counters.misses).fetch_add(1, std::memory_order_relaxed);
}

BlockRef BlockCache::find(const BlockKey& key) {
  BlockRef found = look(key, hash_of(key));
  count(static_cast<bool>(found));
  return found;
}

BlockRef BlockCache::find(const BlockKey& key, BlockHint& hint) {
  const uint64_t hash = hash_of(key);
  const uint64_t place = hint.place_.load(std::memory_order_relaxed);
  BlockRef found;
  if (place != 0) found = pin(slots_[(place >> kSlotShift) - 1], key, hash);
  if (!found) found = look(key, hash);
  count(static_cast<bool>(found));
  if (found)
    if (const uint64_t now = place_of(found); now != place) hint.place_.store(now, std::memory_order_relaxed);
  return found;
}

BlockRef BlockCache::find_hinted(const BlockKey& key, const BlockHint& hint) {
  const uint64_t place = hint.place_.load(std::memory_order_relaxed);
  if (place == 0) return {};
  BlockRef found = pin(slots_[(place >> kSlotShift) - 1], key, hash_of(key));
  if (found) count(true);
  return found;
}

// Of a block in a slot.
uint64_t BlockCache::place_of(const BlockRef& block) const {
  const auto slot = static_cast<uint64_t>(reinterpret_cast<const Slot*>(block.pinned_) - slots_);
  const auto offset =
      reinterpret_cast<uintptr_t>(block.bytes_) - reinterpret_cast<uintptr_t>(memory_->data());
  const uint64_t line = offset < memory_->size() ? std::min(offset / kAlignment, kNoLine) : kNoLine;
  return (slot + 1) << kSlotShift | line;
}

void BlockCache::prefetch(const BlockHint& hint) const {
  const uint64_t place = hint.place_.load(std::memory_order_relaxed);
  if (place == 0) return;
  __builtin_prefetch(&slots_[(place >> kSlotShift) - 1], 1);
  if ((place & kNoLine) == kNoLine) return;
  const char* const bytes = memory_->data() + (place & kNoLine) * kAlignment;
  for (size_t line = 0; line < kFrontLines; ++line) __builtin_prefetch(bytes + line * kAlignment);
}

BlockRef BlockCache::look(const BlockKey& key, uint64_t hash) {
  size_t index = hash & slot_mask_;
  for (size_t probes = 0; probes <= slot_mask_; ++probes, index = (index + 1) & slot_mask_) {
    if (BlockRef found = pin(slots_[index], key, hash)) return found;
    if (slots_[index].passed.load(std::memory_order_relaxed) == 0) break;
  }
  return {};
}

// The slot's block, if it is that of `key`.
BlockRef BlockCache::pin(Slot& slot, const BlockKey& key, uint64_t hash) {
  if (!slot.word.pin(hash, [&] { return slot.key == key; })) return {};
  return BlockRef(slot.bytes, slot.size, &slot.word);
}

}  // namespace coppice::engine
