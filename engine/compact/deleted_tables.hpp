// Tables of which range deletes have left nothing, and what merging range deletes downward would free.
#pragma once

#include <optional>
#include <vector>

#include "engine/compact/merge_plan.hpp"
#include "engine/compact/survivors.hpp"

namespace coppice::engine {

/// The tables of one level, the lowest that has any, in which nobody can see anything: range deletes of other tables cover them,
/// or they lie outside of the tree. They can be dropped by an edit, unread.
///
/// What a table hides, in levels below it, stays hidden without it: the range delete that covers the table covers that as
/// well, and is newer. And a range delete is in the tree as long as anything it hides: it goes in a merge that holds all
/// of that, or makes way for a newer one.
///
///     level 0      [a ======== T9 ======== n)           T9 <= every moment that readers hold at T4 or later
///     level 5        [c T4..T6 f)   [k T5..T7 p)        the first is dropped; the second is merged
std::optional<MergePlan> pick_deleted(const Version& version, const SurvivalRules& rules,
                                      const MergesUnderWay& under_way);

/// Whether `cleared` leaves nothing to see of some table in `version`.
bool any_deleted(const Version& version, const SurvivalRules& rules, std::vector<ClearedRange> cleared);

/// About how many bytes of the plan's tables, those of the target or, if there are none, of the source, range deletes of
/// the source cover. Only those count that committed at `settled` or before.
uint64_t cleared_size(const MergePlan& plan, Timestamp settled);

}  // namespace coppice::engine
