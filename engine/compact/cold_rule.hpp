// Which tables and values lie in a tree's cold directory, and the merges that bring them where they belong.
#pragma once

#include <optional>

#include "engine/compact/merge_plan.hpp"

namespace coppice::engine {

/// A tree may have a second directory, on a disk that is slower and larger than its own. A file's place is fixed when it is written
/// and is said by the manifest; whatever is written has the place that it belongs to then:
///
///                      belongs into the cold directory
///     by level         tables of the last level, where all that is kept ends up, and most of it is
///     by age           tables of which the newest write is so old, in whatever level
///     never            nothing; for a tree that is to do without the directory
///
/// Values that lie apart go with the tables that refer to them when those go to the cold directory, and stay there as long as
/// any table refers to them.
///
/// By level every merge into the last level writes there, and no table is moved into it that lies elsewhere. By age a table is cold
/// as a whole, or not at all: each part of a merge is as young as the newest of the tables that it reads. Memtables are always flushed
/// to the tree's own directory, so writes wait for the slow disk only once merging falls behind.
///
/// What time, another rule or an ingest has put out of place is written anew where it belongs, table by table and in its own level, when no
/// other merge is due: a copy that also leaves out what nobody can ask for. Until that is installed the tree has the old file.
///
/// Where there is no room left, what belongs there is written to the tree's own directory, and nothing counts as out of place, for
/// a minute; then it is tried again. A merge that somebody asked for always tries.
///
/// Why tables and not entries: RocksDB keeps young entries back in the level above the last, so that one range of keys takes two
/// merges for ever. Age is mostly the same for neighbours (keys that begin with a time, a user who left), and where it is not,
/// tables by age stay on the fast disk, which is what its owner paid for.
struct ColdRule {
  /// The tree has a cold directory. Without one nothing is out of place.
  bool on = false;
  /// See TreeOptions::cold_after_ms.
  uint64_t after_ms = 0;
  /// Since 1970.
  uint64_t now_ms = 0;
  /// There was no room there.
  bool full = false;

  /// A table of this level belongs into the cold directory. `newest`: of its entries.
  bool is_cold(uint32_t level, Timestamp newest) const;
  /// A value in a file that lies where `file_cold` says is written anew along with a table that goes where `table_cold` says.
  bool takes_along(bool file_cold, bool table_cold) const;
};

/// The newest commit in the plan's tables that reach into `range`.
Timestamp newest_in(const MergePlan& plan, const KeyRange& range);

/// The table lies elsewhere than it belongs, or values do that it has to take along.
bool is_misplaced(const Version& version, uint32_t level, const TableMeta& table, const ColdRule& rule);
bool any_misplaced(const Version& version, const ColdRule& rule);

/// The misplaced table whose newest write is the oldest, to be written anew in its level. Nothing: there is none, or merges under
/// way are in the way.
std::optional<MergePlan> pick_misplaced(const Version& version, const ColdRule& rule,
                                        const MergesUnderWay& under_way);

}  // namespace coppice::engine
