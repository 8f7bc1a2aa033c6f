// What one read asked for, counted on its own stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace coppice::engine {

/// Where the search for a key ended with a value: in a memtable, or in a level; or nowhere.
inline constexpr size_t kReadLevelCount = 7;
inline constexpr size_t kPlaceMemtable = 0;
inline constexpr size_t kPlaceLevel0 = 1;
inline constexpr size_t kPlaceNowhere = kPlaceLevel0 + kReadLevelCount;
inline constexpr size_t kPlaceCount = kPlaceNowhere + 1;
/// How many keys ended in each.
using PlaceCounts = std::array<uint32_t, kPlaceCount>;

/// What was asked of one level.
template <class Count>
struct LevelAsked {
  /// Tables that had the key in their bounds.
  Count tables{0};
  /// Of those: turned away by their filter.
  Count filtered{0};
  /// Of the others: data blocks looked into, wherever they came from.
  Count blocks{0};
  /// Of those: with a version of the key, be it a delete.
  Count found{0};
};

/// Of each level.
using LevelWork = std::array<LevelAsked<uint32_t>, kReadLevelCount>;

/// Threads: one.
struct ReadWork {
  /// Where to count what is asked of each level; or nullptr, as for most reads. Lifetime: outlives this.
  LevelWork* levels = nullptr;
  /// Of the table that is asked.
  size_t level = 0;
  /// Blocks that the cache lacked, and the bytes of the files that were read for them.
  uint64_t blocks_read = 0;
  uint64_t bytes_read = 0;

  /// Of a get, when it has ended.
  size_t place = kPlaceNowhere;

  /// A table of this level is asked next.
  void enter(size_t of) {
    level = of;
    if (levels != nullptr) ++(*levels)[of].tables;
  }
  void note_filtered() {
    if (levels != nullptr) ++(*levels)[level].filtered;
  }
  void note_block(bool has_key) {
    if (levels == nullptr) return;
    ++(*levels)[level].blocks;
    if (has_key) ++(*levels)[level].found;
  }
};

}  // namespace coppice::engine
