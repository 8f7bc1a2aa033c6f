// Why writes had to wait, and why something was merged.
#pragma once

#include <cstddef>
#include <cstdint>

namespace coppice::engine {

/// Why writes wait.
enum class StallReason : uint8_t {
  none,
  /// Memtables wait for their flush.
  memtables,
  /// A read would meet too many tables in level 0.
  level0_depth,
  /// A level has outgrown its size, and merging has not caught up.
  merging,
  /// Value files hold much that nobody refers to, and merges have not caught up with emptying them.
  garbage,
  /// No room, or another failure that keeps memtables from being sealed, or the log from growing.
  full_disk,
  /// A batch over several shards has the turn.
  held,
  /// Memtables of all trees together have outgrown their share of the memory.
  memory,
};
inline constexpr size_t kStallReasonCount = 8;

/// For people and for JSON: "memtables", "level0_depth".
const char* name_of(StallReason reason);

/// Why a merge was picked: what is true of the tree at that time, and will not be after such merges.
enum class MergeReason : uint8_t {
  none,
  /// A read would meet too many tables in level 0.
  level0_depth,
  /// A level has outgrown its size.
  level_size,
  /// Enough tables of about one size have gathered (tiered).
  tiers,
  /// There are more tables than max_sstables.
  table_count,
  /// A memtable would fill level 0 above its size, so some of its keys are merged at once.
  flush,
  /// Deletes lie dense, or what has expired, or range deletes cover much of what lies below them.
  deletes,
  /// Nobody can see anything in the tables.
  hidden_tables,
  /// All that is in the tables has expired.
  expired_tables,
  /// Value files are to be emptied.
  garbage,
  /// There is nothing else to do, and what lies above the last level takes space.
  idleness,
  /// Somebody asked for it.
  request,
  /// Files are encrypted with another key than new ones.
  other_key,
  /// A table lies in the cold directory and belongs elsewhere, or the other way round.
  place,
};
inline constexpr size_t kMergeReasonCount = 14;

/// "level_size".
const char* name_of(MergeReason reason);

}  // namespace coppice::engine
