// What a tree can be told, and what it is given to stand on.
#pragma once

#include "engine/io/file.hpp"
#include "engine/watch/watch.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

class BlockCache;
class Clock;

/// What merging is to save: see level_shape.hpp and picker.hpp.
enum class MergePolicy : uint8_t {
  /// Space and reads: little lies above the last level.
  leveled,
  /// Writes: as much may lie above the last level as in it, and a read meets up to some ten tables.
  tiered,
};

enum class Compression : uint8_t { none = 0, lz4 = 1, zstd = 2 };

/// The defaults need no change. Sizes are bytes.
struct TreeOptions {
  /// A memtable this full is sealed and flushed; 64 KiB and more.
  size_t memtable_size = 64 << 20;
  /// Writes are refused as unavailable while this many sealed memtables wait for their flush; 1 and more.
  uint32_t sealed_memtables_max = 4;
  /// Of keys and values in a data block, before compression; 1 KiB to 1 MiB.
  size_t block_size = 4096;
  /// A table ends when it is about this large, in a small tree earlier; 64 KiB and more.
  size_t table_size = 32 << 20;
  /// Of all bloom filters together; 0 (none) to 32. Small levels get more, so that 10 turn 98 % of absent keys away
  /// from all tables.
  uint32_t filter_bits_per_key = 10;
  Compression compression = Compression::none;
  MergePolicy merge_policy = MergePolicy::leveled;
  /// Level 0 gathers at most this many memtables before it is merged, and less in a small tree; 2 and more. Tiered:
  /// so many tables of about one size become one.
  uint32_t level0_merge_count = 4;
  /// Writes slow down once a read meets this many tables in level 0, and are refused as unavailable at twice as many.
  uint32_t level0_slow_count = 16;
  /// Every level may be this many times larger than the one above it; the last is as large as what is kept.
  uint32_t level_ratio = 10;
};

/// invalid_argument naming the first option out of its range.
Status check_options(const TreeOptions& options);

/// What a tree stands on. Lifetime: all of it outlives the tree and every reader of it.
struct TreeEnv {
  FileSystem& files;
  BlockCache& cache;
  /// Seeds skip-list heights and the unique ids of tables.
  uint64_t seed = 0;
  /// What puts expire by. Null: time is the latest write's.
  const Clock* clock = nullptr;
  /// Without one nothing is timed.
  Watch watch = {};
};

}  // namespace coppice::engine
