// A slot of the block cache, for the files that the cache is written in.
#pragma once

#include "engine/table/block_cache.hpp"

namespace coppice::engine {

/// Blocks begin at a multiple of this, with their header before them.
inline constexpr uint32_t kAlignment = 64;

struct alignas(64) BlockCache::Slot {
  SlotWord<> word;
  std::atomic<uint32_t> passed{0};
  BlockKey key;
  const char* bytes = nullptr;
  size_t size = 0;
  std::unique_ptr<char[]> large;
};

}  // namespace coppice::engine
