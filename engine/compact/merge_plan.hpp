// Which tables a merge takes, what it writes, and which merges may run at the same time.
#pragma once

#include <optional>
#include <vector>

#include "engine/version/version.hpp"
#include "engine/watch/reason.hpp"

namespace coppice::engine {

/// Tables whose entries are to be merged into one level.
struct MergePlan {
  uint32_t source_level = 0;
  uint32_t target_level = 0;
  /// Of the source level; newest first if that is 0, ascending otherwise.
  std::vector<TableHandle> source;
  /// What they overlap in the target level, ascending.
  std::vector<TableHandle> target;
  /// From the first key to the end of all of them, or more: what is written lies in it.
  KeyRange hull;
  /// The tables need no merging: they only change their level.
  bool move = false;
  /// The tables of the source hold nothing that anyone can see: they only go. There is no target.
  bool drop = false;
  /// No level below the target holds anything in the hull, so nothing is left for deletes to hide.
  bool bottom = false;
  MergeReason reason = MergeReason::none;
};

/// The same plan, if there is one, with its reason.
std::optional<MergePlan> because(MergeReason reason, std::optional<MergePlan> plan);

/// What a merge under way forbids: its tables to be merged again, and its target to be written in its hull.
struct MergeUnderWay {
  uint32_t source_level = 0;
  uint32_t target_level = 0;
  KeyRange hull;
  /// File numbers.
  std::vector<uint64_t> tables;
};

using MergesUnderWay = std::vector<MergeUnderWay>;

/// `source`, as the picker chose it, with what it overlaps in the target level. Requires: `source` is not empty.
MergePlan plan_into(const Version& version, uint32_t source_level, uint32_t target_level,
                    std::vector<TableHandle> source);

/// No more than the going of `source`. Requires: `source` is not empty.
MergePlan drop_of(uint32_t level, std::vector<TableHandle> source);
/// The same of a table of the target level alone: something from above level 0 is to be merged with it.
MergePlan plan_onto(const Version& version, uint32_t target_level, const TableHandle& target);
/// No level below holds anything in `hull`.
bool is_bottom(const Version& version, uint32_t level, const KeyRange& hull);

/// No merge under way is in its way.
bool is_allowed(const MergePlan& plan, const MergesUnderWay& under_way);
bool is_busy(const TableHandle& table, const MergesUnderWay& under_way);

/// The bytes that a merge writes for each that it moves down; 0 for a move.
double cost_of(const MergePlan& plan);

/// Of the tables' files, in bytes: what merging them reads, and about what it writes.
uint64_t tables_size_of(Version::Run tables);
/// With the values that they refer to.
uint64_t full_size_of(Version::Run tables);

/// Makes `hull` hold `range` as well.
void widen(KeyRange& hull, const KeyRange& range);

/// The ranges of keys into which a merge of much is cut, so that each can be merged by itself, at the same time: they begin
/// where tables of the target level begin, and take in about as much each. Together they are the hull; in order, at least
/// one and at most kMergePartsMax. Requires: `part_size` > 0, in bytes.
///
///     source    [  9    )[   8        )  [  7       )
///     target    [ 1 )[ 2 )[ 3 )[ 4 )[ 5 )[ 6 )
///     parts     ----------|----------|--------------
inline constexpr size_t kMergePartsMax = 8;
std::vector<KeyRange> cut_into_parts(const MergePlan& plan, uint64_t part_size);

}  // namespace coppice::engine
