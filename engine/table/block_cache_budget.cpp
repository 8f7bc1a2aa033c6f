// What counts in the block cache's budget beside its blocks.
#include "engine/table/block_cache.hpp"

namespace coppice::engine {

// Counts `size` bytes, if that keeps the budget.
bool BlockCache::grow(size_t size) {
  if (size_.fetch_add(size, std::memory_order_relaxed) + size <= budget_) return true;
  size_.fetch_sub(size, std::memory_order_relaxed);
  return false;
}

bool BlockCache::reserve(size_t size) {
  if (reserved_.fetch_add(size, std::memory_order_relaxed) + size <= budget_ / 2) {
    if (grow(size)) return true;
    if (begin_sweep()) {
      const bool freed = free_up(size);
      end_sweep();
      if (freed) return true;
    }
  }
  reserved_.fetch_sub(size, std::memory_order_relaxed);
  return false;
}

void BlockCache::charge(size_t size) {
  reserved_.fetch_add(size, std::memory_order_relaxed);
  // If another thread is sweeping, it sees what was added when it ends.
  if (size_.fetch_add(size) + size <= budget_ || !begin_sweep()) return;
  free_up(0);
  end_sweep();
}

bool BlockCache::begin_sweep() { return !sweeping_.exchange(true); }

void BlockCache::end_sweep() {
  sweeping_.store(false);
  while (size_.load() > budget_ && begin_sweep()) {
    const bool freed = free_up(0);
    sweeping_.store(false);
    // What is left is held.
    if (!freed) return;
  }
}

void BlockCache::unreserve(size_t size) {
  size_.fetch_sub(size, std::memory_order_relaxed);
  reserved_.fetch_sub(size, std::memory_order_relaxed);
}

BlockCacheStats BlockCache::stats() const {
  BlockCacheStats stats;
  for (const Counters& counters : counters_) {
    stats.hits += counters.hits.load(std::memory_order_relaxed);
    stats.misses += counters.misses.load(std::memory_order_relaxed);
  }
  stats.size = size_.load(std::memory_order_relaxed) + tables_size_;
  stats.budget = budget_ + tables_size_;
  stats.reserved = reserved_.load(std::memory_order_relaxed);
  stats.blocks = count_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace coppice::engine
