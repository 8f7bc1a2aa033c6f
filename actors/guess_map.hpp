// Which shards a store has, by what lies in its directories.
#pragma once

#include <string>
#include <vector>

#include "actors/shard_map.hpp"
#include "engine/mend/file_keys.hpp"

namespace coppice::actors {

/// What the manifest of a shard says it owns; nothing: it says nothing.
struct FoundShard {
  uint64_t id = 0;
  std::optional<KeyRange> range;
  /// Of the keys that it may own: see bound(). Empty: none are known.
  KeyRange bounds{"", ""};
  /// Its tables and logs, if it has no range.
  std::vector<engine::FileKeys> files = {};
};

/// Gives bounds to each shard without a range: of its own files, as tables that a split has linked into both halves say nothing of either.
/// One that has such tables only has bounds of these if nobody else is left to have them.
void bound(std::vector<FoundShard>& found);

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
