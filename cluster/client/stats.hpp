// What a node says of itself: the answers of Client::stats and Client::verify.
#pragma once

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
};

struct Stats {
  std::string version;
  uint64_t uptime_ms = 0;
  std::vector<ShardStats> shards;
  uint64_t cache_size = 0;
  uint64_t cache_size_max = 0;
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint32_t connections = 0;
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
