// What a node says of itself: the answers of Client::stats and Client::verify.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "schema/types.hpp"

namespace coppice::client {

struct LevelStats {
  uint32_t tables = 0;
  uint64_t size = 0;
  uint64_t entries = 0;
};

/// Counts are since the node started, sizes are of now.
struct ShardStats {
  enum class State : uint8_t { serving, recovering, failed };
  uint64_t id = 0;
  KeyRange range;
  State state = State::serving;
  /// Why the shard does not serve, or empty.
  std::string problem;
  uint64_t memtable_size = 0;
  uint64_t log_size = 0;
  std::vector<LevelStats> levels;
  uint64_t writes = 0;
  uint64_t groups = 0;
  uint64_t syncs = 0;
  uint64_t flushes = 0;
  uint64_t merges = 0;
  uint32_t snapshots = 0;
  Timestamp visible;
  /// To tables: from memory, and by merges.
  uint64_t bytes_flushed = 0;
  uint64_t bytes_merged = 0;
  /// Bytes that merges will write until every level has its size, about.
  uint64_t pending_merge_size = 0;
  /// Tables that a read may meet before the levels that are merged.
  uint32_t level0_depth = 0;
  /// How far flushing and merging are behind: from 1 on writes are slowed, at 100 they are refused.
  uint32_t debt_percent = 0;
  uint64_t stalled_ms = 0;
  /// How many files each key encrypts, by its id; 0: none does. Of tables, logs and the manifest.
  std::map<uint64_t, uint64_t> files_by_key;
};

/// What is merged: see Admin in schema/store.capnp.
enum class Merging : uint8_t { on, off, paused, stopped };

/// A merge of a range under way.
struct RangeMerge {
  uint64_t id = 0;
  KeyRange range;
  uint64_t tables_done = 0;
  uint64_t tables = 0;
  /// Of tables read. What is left is an estimate until the end.
  uint64_t bytes_done = 0;
  uint64_t bytes = 0;
};

struct Stats {
  std::string version;
  uint64_t uptime_ms = 0;
  std::vector<ShardStats> shards;
  /// What memtables, cached blocks, and filters and index pages of open tables may take together, and what each does.
  uint64_t memory = 0;
  uint64_t memtables_size = 0;
  uint64_t filters_size = 0;
  uint64_t index_size = 0;
  uint64_t cache_size = 0;
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint32_t connections = 0;
  Merging merging = Merging::on;
  /// Oldest first.
  std::vector<RangeMerge> merges;
};

struct VerifyReport {
  uint64_t tables = 0;
  uint64_t blocks = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;
  /// Empty: all is well. Each names the file, the offset and what to do.
  std::vector<std::string> problems;
};

struct SplitShards {
  uint64_t left = 0;
  uint64_t right = 0;
};

}  // namespace coppice::client
