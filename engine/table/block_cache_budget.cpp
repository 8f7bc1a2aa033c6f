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
    if (!sweeping_.exchange(true, std::memory_order_acquire)) {
      const bool freed = free_up(size);
      sweeping_.store(false, std::memory_order_release);
      if (freed) return true;
    }
  }
  reserved_.fetch_sub(size, std::memory_order_relaxed);
  return false;
}

void BlockCache::charge(size_t size) {
  reserved_.fetch_add(size, std::memory_order_relaxed);
  size_.fetch_add(size, std::memory_order_relaxed);
  if (size_.load(std::memory_order_relaxed) <= budget_) return;
  // If another thread is sweeping, whoever needs a segment next does it.
  if (sweeping_.exchange(true, std::memory_order_acquire)) return;
  free_up(0);
  sweeping_.store(false, std::memory_order_release);
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
