// What a tree can be told, and what it is given to stand on.
#pragma once

#include <vector>

#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"
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

enum class Compression : uint8_t {
  none = 0,
  lz4 = 1,
  /// With a dictionary of each table's own, where that gains something.
  zstd = 2,
  /// What a block says that was compressed with its table's dictionary; nothing to be asked for.
  zstd_dictionary = 3,
};

/// The defaults need no change; README.md has, for each, the one reason to change it. Sizes are bytes.
struct TreeOptions {
  /// A memtable this full is sealed and flushed; 64 KiB and more. Where the memory for memtables is short, sooner: see
  /// memtable_memory.hpp.
  size_t memtable_size = 64 << 20;
  /// Of keys and values in a data block, before compression; 1 KiB to 1 MiB.
  size_t block_size = 4096;
  /// Of keys that are in no table, how many a filter of one or the other lets pass, which costs a read in vain; some 18 bits a
  /// key hold the default, 10 one of 2 %. 0 and 1: no filters.
  double filter_false_positive_rate = 0.0005;
  /// A value of so many bytes and more is kept in a file of values, apart from its key, so that merging does not write it again
  /// each time; 64 and more, or 0: every value stays with its key.
  size_t value_threshold = 0;
  /// Of the tables in each level, from level 0 on; the last entry is that of all deeper levels too. 1 to 7 of none, lz4 and
  /// zstd. A table that is moved to another level unread stays what it is.
  std::vector<Compression> compression = {Compression::none};
  MergePolicy merge_policy = MergePolicy::leveled;
  /// Level 0 gathers the tables of at most this many memtables before it is merged, and less in a small tree; tiered, so many
  /// tables of about one size become one. 2 to 64. Writes slow down once a read meets four times as many tables in
  /// level 0, and are refused as unavailable at eight times as many.
  uint32_t min_compaction_files = 4;
  /// A level is merged once it is this full: 25 to 100 % of its size. Less rewrites more and leaves less above the last level,
  /// for reads and in space. With more, writers would be slowed down before anything is merged.
  uint32_t merge_threshold_percent = 100;
  /// While there are more tables than this, merges make them fewer, and in a tree that grows tables become larger; 64 to a
  /// million. It is no limit: writes are not refused for it.
  uint32_t max_sstables = 4096;
  /// For so long, in milliseconds, what was overwritten, deleted or has expired can be read as it was; 0: no longer than a
  /// snapshot holds it. It takes up its space meanwhile.
  uint64_t retention_ms = 0;
  /// Of a tree with a cold directory: in milliseconds, how old the newest write in a table is before its file lies there. 0: the
  /// tables of the last level do, however old; kNeverCold: none does, and those that do come back. See cold_rule.hpp.
  uint64_t cold_after_ms = 0;
};

inline constexpr uint64_t kNeverCold = UINT64_MAX;
/// Of tables made for this level. Requires: check_options() has passed.
Compression compression_of(const TreeOptions& options, uint32_t level);

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
  /// What files are encrypted with; empty: new ones are not.
  KeyRing keys = {};
  /// For tables and value files that are cold, on a disk that is slower and larger than the tree's own; empty: none are, and a tree
  /// that has some does not open. Requires: no other tree's; the directory above it is there.
  std::string cold_directory = {};

  /// Where the files of the tree in `directory` lie.
  const std::string& place_of(const std::string& directory, bool cold) const {
    return cold ? cold_directory : directory;
  }
};

}  // namespace coppice::engine
