// A slot of the block cache, for the files that the cache is written in.
#pragma once

#include "engine/table/block_cache.hpp"

namespace coppice::engine {

// The parts of a slot's word: see block_cache.hpp.
inline constexpr uint64_t kPinsMask = (uint64_t{1} << 32) - 1;
inline constexpr uint64_t kClockOne = uint64_t{1} << 32;
inline constexpr uint64_t kClockMask = uint64_t{3} << 32;
inline constexpr uint64_t kTagShift = 34;
inline constexpr uint64_t kTagMask = ((uint64_t{1} << 28) - 1) << kTagShift;
inline constexpr uint64_t kBusy = uint64_t{1} << 62;
inline constexpr uint64_t kLive = uint64_t{1} << 63;

/// Goes into the word, from bit kTagShift on.
inline uint64_t tag_of(uint64_t hash) { return (hash >> 36) << kTagShift; }

/// Blocks begin at a multiple of this, with their header before them.
inline constexpr uint32_t kAlignment = 64;

struct alignas(64) BlockCache::Slot {
  std::atomic<uint64_t> word{0};
  std::atomic<uint32_t> passed{0};
  BlockKey key;
  const char* bytes = nullptr;
  size_t size = 0;
  std::unique_ptr<char[]> large;
};

}  // namespace coppice::engine
