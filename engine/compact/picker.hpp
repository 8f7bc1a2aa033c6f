// Chooses what to merge next: a pure function of the version, the options and what is under way.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/compact/cold_rule.hpp"
#include "engine/compact/level_shape.hpp"
#include "engine/compact/merge_need.hpp"
#include "engine/compact/merge_plan.hpp"

namespace coppice::engine {

/// What nobody can ask for any more.
struct Settled {
  /// All moments that readers may ask for lie at or after this one.
  Timestamp moment = kTimestampMin;
  /// To all of them what expired at these milliseconds or before is gone.
  uint64_t expired_ms = 0;
  /// All commits up to this one are in tables. Only what was ingested may be newer, while older writes lie in memory still.
  Timestamp flushed = kTimestampMax;
};

/// Whether these tables of level 0 may become one that stays there. That goes by its newest entry; where that was ingested, writes that are
/// flushed only later would come to lie below what they replaced.
bool may_stay_in_level0(std::span<const TableHandle> tables, Timestamp flushed);

/// 1 and more: the level should be merged downward. The last level is always 0, and tables being merged do not
/// count.
double level_score(const Version& version, const TreeShape& options, uint32_t level,
                   const std::vector<MergeUnderWay>& under_way = {});

/// Of the level with the highest score from 1 on that has one, the merge that writes the fewest bytes for each byte
/// it moves down. Of level 0 that is a column of it: tables that overlap, and overlap no others. Tiered, it may also be
/// some tables of about one size in a column, which become one and stay in level 0.
///
/// If no level is due: what makes the tables fewer where there are more than max_sstables (see table_count.hpp); then tables of which
/// half or more are deletes, or have expired, or are hidden by the rest, so that they go with what they hide, and what it costs to
/// read past them; in an idle tree also those of which a quarter has expired; and tables with range deletes that cover half or more
/// of what they meet in the next level. Range deletes and what is hidden count, and in the last level tables are rewritten, once
/// nobody can ask for it.
std::optional<MergePlan> pick_merge(const Version& version, const TreeShape& options,
                                    const std::vector<MergeUnderWay>& under_way,
                                    MergeNeed need = MergeNeed::due, const Settled& settled = {});

/// The next step towards every table that overlaps `range` and has entries of `through` or before lying in the last level, inside of
/// `owned`, the tree's own keys, being encrypted with the key of this id, and lying where it belongs. Nothing: done, or merges under
/// way are in the way. It comes to an end while the tree is written to, as what is newer is taken along only where it lies between.
std::optional<MergePlan> pick_merge_range(const Version& version, const TreeShape& options,
                                          const KeyRange& range, const KeyRange& owned, uint64_t key_id,
                                          const ColdRule& cold, const std::vector<MergeUnderWay>& under_way,
                                          Timestamp through = kTimestampMax);

/// A table that is encrypted otherwise than with the key of this id, to be written anew where it is. Nothing: there is none, or merges
/// under way are in the way.
std::optional<MergePlan> pick_other_key(const Version& version, uint64_t key_id,
                                        const std::vector<MergeUnderWay>& under_way);

/// The columns of level 0, by key: no table of one overlaps the hull of another.
struct Column {
  /// Newest first.
  std::vector<TableHandle> tables;
  KeyRange hull;
  /// Bytes.
  uint64_t size = 0;
};
std::vector<Column> level0_columns(const Version& version);

}  // namespace coppice::engine
