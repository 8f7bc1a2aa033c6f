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
  /// From above: flushed, merged or moved.
  uint64_t bytes_arrived = 0;
  /// By merges into this level: written, and read for that.
  uint64_t bytes_merged = 0;
  uint64_t bytes_read = 0;
  /// Merged bytes for each that arrived.
  double write_amplification = 0;
  /// 1 and more: it should be merged downward.
  double score = 0;
  uint64_t keys_found = 0;
  /// By the keys sampled: tables, those that a filter turned away, and data blocks of the others.
  uint64_t tables_asked = 0;
  uint64_t tables_filtered = 0;
  uint64_t blocks_asked = 0;
  /// In value files: what the tables of this level refer to.
  uint64_t values_size = 0;
};

struct ReadStats {
  uint64_t gets = 0;
  uint64_t many_keys = 0;
  uint64_t many_calls = 0;
  uint64_t found_in_memtables = 0;
  uint64_t not_found = 0;
  uint64_t scans = 0;
  uint64_t entries_scanned = 0;
  uint64_t failures = 0;
  /// That the cache lacked.
  uint64_t blocks_read = 0;
  uint64_t bytes_read = 0;
  uint64_t keys_sampled = 0;
  /// Of the keys sampled: read amplification, with and without what filters save.
  double tables_per_key = 0;
  double blocks_per_key = 0;
  /// Of the tables asked that lack the key, the share that filters turn away.
  double filter_success = 0;
};

/// Writes that had to wait, for one reason.
struct StallStats {
  std::string reason;
  uint64_t count = 0;
  uint64_t ms = 0;
};

/// In nanoseconds.
struct LatencyStats {
  /// get, get_many, page (of a scan), write, sync, flush, merge.
  std::string name;
  uint64_t count = 0;
  double mean = 0;
  uint64_t p50 = 0;
  uint64_t p90 = 0;
  uint64_t p99 = 0;
  uint64_t p999 = 0;
  uint64_t max = 0;
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
  /// Operations answered unavailable because flushing and merging fell behind.
  uint64_t refused = 0;
  std::vector<StallStats> stalls;
  ReadStats reads;
  uint64_t tables_dropped = 0;
  uint64_t bytes_logged = 0;
  /// By flushes and merges: read, and kept.
  uint64_t entries_read = 0;
  uint64_t entries_written = 0;
  uint32_t sealed_memtables = 0;
  uint64_t sstable_count = 0;
  uint64_t total_size = 0;
  uint64_t read_operations = 0;
  double write_amplification = 0;
  double space_amplification = 0;
  uint64_t value_files = 0;
  uint64_t value_files_size = 0;
  /// Of those: bytes of values that no table refers to.
  uint64_t value_garbage_size = 0;
  /// Tables and value files in the cold directory, and their bytes.
  uint64_t cold_files = 0;
  uint64_t cold_size = 0;
  /// There was no room for more.
  bool cold_full = false;
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
  std::vector<LatencyStats> latencies;
  uint64_t sstable_count = 0;
  uint64_t total_size = 0;
  uint64_t read_operations = 0;
  /// The earliest moment that Client::snapshot_at takes; nothing if no history is kept.
  std::optional<Timestamp> history_from;
};

/// See schema/store.capnp.
struct Event {
  uint64_t sequence = 0;
  uint64_t at_ms = 0;
  std::string kind;
  uint64_t shard = 0;
  uint32_t source_level = 0;
  uint32_t target_level = 0;
  uint64_t tables = 0;
  uint64_t tables_written = 0;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t took_us = 0;
  std::string reason;
  std::string problem;
  uint64_t left = 0;
  uint64_t right = 0;
  bool trouble = false;
};

struct Events {
  std::vector<Event> events;
  /// So many before the first of them are gone.
  uint64_t lost = 0;
  /// What to ask for the next time.
  uint64_t next = 0;
};

struct VerifyReport {
  uint64_t tables = 0;
  uint64_t blocks = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;
  /// Empty: all is well. Each names the file, the offset and what to do.
  std::vector<std::string> problems;
};

struct Checkpoint {
  /// On the node's machine.
  std::string directory;
  /// What it holds is of this moment.
  Timestamp timestamp;
};

struct SplitShards {
  uint64_t left = 0;
  uint64_t right = 0;
};

/// What an ingest brought in, at one moment.
struct Ingested {
  Timestamp timestamp;
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

}  // namespace coppice::client
