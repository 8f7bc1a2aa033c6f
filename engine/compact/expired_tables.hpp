// Tables of which all has expired.
#pragma once

#include <optional>

#include "engine/compact/merge_plan.hpp"
#include "engine/compact/survivors.hpp"

namespace coppice::engine {

/// The tables of one level, the lowest that has any, of which every entry has expired for everyone who may ask. They can be
/// dropped by an edit, unread, if that brings nothing back: a put that has expired hides the older versions of its key. So what
/// lies below a table, or in level 0 is older, and overlaps it, has to be as expired:
///
///     level 0      [a .. expired .. f)
///     level 5        [b expired d)   [e .. k)        the first goes; that of level 0 stays for the second's sake, and
///                                                    then is merged with it
std::optional<MergePlan> pick_expired(const Version& version, const SurvivalRules& rules,
                                      const MergesUnderWay& under_way);

/// A quarter or more of some table has expired.
bool any_expired(const Version& version, const SurvivalRules& rules);

}  // namespace coppice::engine
