// Which shards a store has, by what lies in its directories.
#pragma once

#include <string>
#include <vector>

#include "actors/shard_map.hpp"

namespace coppice::actors {

/// What the manifest of a shard says it owns; nothing: it says nothing.
struct FoundShard {
  uint64_t id = 0;
  std::optional<KeyRange> range;
  /// Of the keys in its tables and logs; empty: none can be read.
  KeyRange bounds{"", ""};
};

struct GuessedMap {
  ShardMap map;
  /// Keys that a shard without a manifest has, and which another is given.
  std::vector<std::pair<uint64_t, KeyRange>> left_out;
  /// What was not certain.
  std::vector<std::string> doubts;
};

/// Shards without gaps over all keys. Where several fit, those given out later: the halves of a split, which are whole before
/// the map has them, and not the shard that was cut. Keys that no manifest speaks for go to shards without one whose keys lie there,
/// cut where each one's begin. Requires: ids ascend, from 1 on, and are less than kStrangeShardMin.
GuessedMap guess_map(const std::vector<FoundShard>& found, uint64_t store_id);

}  // namespace coppice::actors
