// Which entries and range deletes outlive a flush or merge.
#pragma once

#include <vector>

#include "engine/cursor/entry.hpp"
#include "engine/memory/range_deletes.hpp"

namespace coppice::engine {

/// What must stay readable, and where. Plain values, set once by the planner.
struct SurvivalRules {
  /// Moments that readers hold, ascending.
  std::vector<Timestamp> snapshots;
  /// Readers without a snapshot read at this moment or later.
  Timestamp floor;
  /// Nothing older of these keys lies in any level below.
  bool bottom = false;
  /// What lies outside is not the tree's any more.
  KeyRange owned;
};

/// The first moment that can be asked for at `commit` or later, or the floor if that comes before: what something newer
/// hides from there on, it hides from everyone who could see it.
Timestamp hidden_up_to(const SurvivalRules& rules, Timestamp commit);

/// Judges the entries of a flush or merge one after the other.
///
/// A version v that something newer at w hides (another version of its key, or a range delete that covers it)
/// is dropped when nobody can ask for a moment between them: w <= floor, and no snapshot s with v <= s < w.
///
///     time  ----v--------w--------floor-------------->      v goes
///     time  ----v---s----w--------floor-------------->      v stays: s reads it
///     time  ----v--------floor--------w-------------->      v stays: a reader may be between
///
/// A delete is dropped as well when it lies at the bottom and every moment that can be asked for lies at or
/// after it: all that it hides is dropped by the rule above, in the same merge.
class Survivors {
public:
  /// `range_deletes` are those of all inputs. Lifetime: it outlives this.
  Survivors(SurvivalRules rules, const RangeDeletes& range_deletes);

  /// Requires: entries come in internal order; of two at one position, the one written later first.
  bool keeps(const Entry& entry);

  /// True: every version in `bounds` from `oldest` to `newest` is dropped, so it need not be read.
  bool drops_all(const KeyRange& bounds, Timestamp oldest, Timestamp newest) const;

  /// The range deletes that survive, cut to the keys the tree owns.
  std::vector<RangeDelete> range_deletes() const;

private:
  /// A newer version up to this moment hides a version of `commit` from everyone.
  Timestamp hidden_up_to(Timestamp commit) const { return engine::hidden_up_to(rules_, commit); }
  bool is_spent(Timestamp delete_commit) const;

  const SurvivalRules rules_;
  const RangeDeletes& range_deletes_;
  Bytes last_key_;
  Timestamp last_commit_;
  bool first_ = true;
};

}  // namespace coppice::engine
