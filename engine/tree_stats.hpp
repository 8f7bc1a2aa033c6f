// What a tree says of itself.
#pragma once

#include <map>
#include <vector>

#include "engine/watch/read_counters.hpp"

namespace coppice::engine {

struct LevelStats {
  uint32_t tables = 0;
  /// Of the tables, in bytes.
  uint64_t size = 0;
  /// Of the values that they refer to, in value files.
  uint64_t values_size = 0;
  uint64_t entries = 0;
  // Since the tree was opened:
  /// What merges wrote into it, and what they read for that, of this level and the one above.
  uint64_t bytes_merged = 0;
  uint64_t bytes_read = 0;
  /// What came to it from above: flushed into level 0, merged or moved into the others.
  uint64_t bytes_arrived = 0;
  /// 1 and more: it should be merged downward. Of the last level 0.
  double score = 0;

  /// Bytes that merges wrote into it for each that came; 0 before any did, and where all were only moved.
  double write_amplification() const;
};

/// Tables and value files in a tree's cold directory.
struct ColdFiles {
  uint64_t count = 0;
  /// Of the files, in bytes.
  uint64_t size = 0;
};

struct TreeStats {
  uint64_t memtable_size = 0;  // active and sealed
  uint32_t sealed_memtables = 0;
  uint64_t log_size = 0;
  std::vector<LevelStats> levels;
  uint32_t value_files = 0;
  /// Bytes, and how many of them no table refers to.
  uint64_t value_files_size = 0;
  uint64_t value_garbage_size = 0;
  ColdFiles cold;
  /// There was no room for more: what belongs there is written to the tree's own directory for a while.
  bool cold_full = false;
  uint64_t flushes = 0;
  uint64_t merges = 0;
  /// Of which range deletes or time had left nothing to see; they went unread.
  uint64_t tables_dropped = 0;
  uint64_t tables_ingested = 0;
  uint64_t bytes_flushed = 0;
  /// Records of writes, with their frames.
  uint64_t bytes_logged = 0;
  /// Of flushes and merges: versions they read, and kept. What is missing was overwritten, deleted, or a delete with nothing
  /// left to hide.
  uint64_t entries_read = 0;
  uint64_t entries_written = 0;
  /// The tables that a read may meet in level 0.
  uint32_t level0_depth = 0;
  /// Bytes that merges will write until every level has its size, about.
  uint64_t pending_merge_size = 0;
  double debt = 0;
  ReadStats reads;
  /// How many files each key encrypts, by its id; 0: none does. Of tables, value files, logs and the manifest.
  std::map<uint64_t, uint64_t> files_by_key;

  /// Bytes written to files for each that was flushed, the log included; 0 before the first flush.
  double write_amplification() const;
  /// Bytes in tables and value files for each that the last level keeps: what overwriting may cost in space, at most. 0 if
  /// nothing is there.
  double space_amplification() const;
  /// Tables in all levels, and the bytes of their files and of value files.
  uint64_t sstable_count() const;
  uint64_t total_size() const;
};

}  // namespace coppice::engine
