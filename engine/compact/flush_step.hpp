// Flushing some keys of a memtable straight into the base, together with what lies there.
#pragma once

#include <optional>
#include <vector>

#include "engine/compact/level_shape.hpp"
#include "engine/compact/merge_plan.hpp"

namespace coppice::engine {

/// What of a memtable waits to be flushed, by keys that lie evenly in it.
struct KeySample {
  /// Ascending.
  std::vector<Bytes> keys;
  /// What each stands for, in bytes that tables will take, about.
  uint64_t size_each = 0;

  uint64_t size() const { return keys.size() * size_each; }
  uint64_t size_in(const KeyRange& range) const;
  /// The keys in `range` wait no more.
  void take(const KeyRange& range);
};

/// A flush that would fill level 0 above its size would only be merged at once, so that everything in it is written twice
/// there. Instead, those keys of which most has gathered above least skip level 0: what the memtable has of them is
/// merged with the column below it, until the rest finds room.
///
///     memtable   ======================           ======|        |=======
///     level 0    [ 4 )[  5  )[ 6 )          ->    [ 4 ) |        | [ 6 )
///     base       [ 1 )[  2  )[ 3 )                [ 1 ) |[  7  ) | [ 3 )
///
/// **Newer stays above older.** A key's versions in the memtable are newer than all of its in tables, and end up in the base.
/// So nothing of it may be left in level 0, and nothing between:
/// 1. every table of level 0 that overlaps the hull is merged along, and the hull takes in all of it, and of what it meets in the
///    base, and so on until nothing is added;
/// 2. between level 0 and the base all levels are empty;
/// 3. no other flush is under way that would add to level 0, and no merge that would write to the base in the hull, or holds a
///    table of it.
///
/// **What is in tables of a memtable is in its log, on the disk, to the log's end.** A crash between two steps finds the
/// first keys twice, in tables and in the log, at the same commits; but for the log, tables would hold one half of a batch
/// or what followed upon something that was lost. So the first step syncs the logs up to the memtable's, and its edit calls them
/// closed: one that lacks its end is damage from then on.
///
/// The merge of one such column: `hull` also takes in the keys up to the next one, so that none is left between. Nothing:
/// all that waits finds room in level 0, or nothing may be merged, or it costs more than it saves.
std::optional<MergePlan> pick_flush_step(const Version& version, const TreeShape& options,
                                         const KeySample& waiting, const MergesUnderWay& under_way);

/// The keys outside of all of `taken`, as ranges in order.
std::vector<KeyRange> gaps_between(std::vector<KeyRange> taken);

}  // namespace coppice::engine
