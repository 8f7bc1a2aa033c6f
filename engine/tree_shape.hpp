// How a tree is laid out: what its owner set, and what follows from that or is the same for every tree.
#pragma once

#include <algorithm>

#include "engine/options.hpp"

namespace coppice::engine {

/// What is here beside the options needs no setting: it follows from them, or from the tree's own size, or nobody has
/// reason to change it. Tests do, to reach with kilobytes what a user reaches with gigabytes.
struct TreeShape : TreeOptions {
  // Implicit: whoever opens a tree has options.
  TreeShape(const TreeOptions& options = {})
      : TreeOptions(options), table_size(std::clamp<size_t>(options.memtable_size / 2, 64 << 10, 32 << 20)) {}

  /// Writes are refused as unavailable while this many sealed memtables wait for their flush; 1 and more. So many are enough
  /// for writers to slow down before that, and memory is bounded by one more.
  uint32_t sealed_memtables_max = 4;
  /// Bytes: a table ends when it is about this large, in a small tree earlier. Half a memtable, 32 MiB at most: larger ones
  /// would make merges longer and take more space twice.
  size_t table_size;
  /// Every level may be this many times larger than the one above it; the last is as large as what is kept. Few trees have
  /// more than three levels, so what it could save is small.
  uint32_t level_ratio = 10;

  /// Writes slow down once a read meets this many tables in level 0, and are refused as unavailable at twice as many.
  uint32_t level0_slow_count() const { return 4 * min_compaction_files; }
};

}  // namespace coppice::engine
