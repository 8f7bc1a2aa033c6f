// What counts in the block cache's budget beside its blocks.
#include <algorithm>

#include "engine/table/block_cache.hpp"

namespace coppice::engine {

// Of blocks, and all that is taken.
size_t BlockCache::limit() const { return std::min(budget_, tables_max_ + taken(MemoryUse::memtables)); }

// What memtables leave.
size_t BlockCache::tables_room() const {
  const size_t memtables = taken(MemoryUse::memtables);
  return memtables < budget_ ? std::min(budget_ - memtables, tables_max_) : 0;
}

// Counts `size` bytes, if that keeps the budget.
bool BlockCache::grow(size_t size) {
  if (size_.fetch_add(size, std::memory_order_relaxed) + size <= limit()) return true;
  size_.fetch_sub(size, std::memory_order_relaxed);
  return false;
}

bool BlockCache::reserve(size_t size, MemoryUse use) {
  std::atomic<size_t>& taken = taken_[static_cast<size_t>(use)];
  taken.fetch_add(size, std::memory_order_relaxed);
  if (may_reserve(0)) {
    if (grow(size)) return true;
    if (begin_sweep()) {
      const bool freed = free_up(size);
      end_sweep();
      if (freed) return true;
    }
  }
  taken.fetch_sub(size, std::memory_order_relaxed);
  return false;
}

void BlockCache::charge(size_t size, MemoryUse use) {
  taken_[static_cast<size_t>(use)].fetch_add(size, std::memory_order_relaxed);
  // If another thread is sweeping, it sees what was added when it ends.
  if (size_.fetch_add(size) + size <= limit() || !begin_sweep()) return;
  free_up(0);
  end_sweep();
}

bool BlockCache::begin_sweep() { return !sweeping_.exchange(true); }

void BlockCache::end_sweep() {
  sweeping_.store(false);
  while (size_.load() > limit() && begin_sweep()) {
    const bool freed = free_up(0);
    sweeping_.store(false);
    // What is left is held.
    if (!freed) return;
  }
}

void BlockCache::unreserve(size_t size, MemoryUse use) {
  size_.fetch_sub(size, std::memory_order_relaxed);
  taken_[static_cast<size_t>(use)].fetch_sub(size, std::memory_order_relaxed);
}

BlockCacheStats BlockCache::stats() const {
  BlockCacheStats stats;
  for (const Counters& counters : counters_) {
    stats.hits += counters.hits.load(std::memory_order_relaxed);
    stats.misses += counters.misses.load(std::memory_order_relaxed);
  }
  stats.size = size_.load(std::memory_order_relaxed) + tables_size_;
  stats.budget = budget_ + tables_size_;
  stats.memtables = taken(MemoryUse::memtables);
  stats.filters = taken(MemoryUse::filters);
  stats.reserved = kept_by_tables();
  stats.blocks = count_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace coppice::engine
