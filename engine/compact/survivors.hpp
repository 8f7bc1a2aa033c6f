// Which entries and range deletes outlive a flush or merge.
#pragma once

#include <span>
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
  /// To them a put that expired at these milliseconds or before is gone.
  uint64_t floor_ms = 0;
  /// Nothing older of these keys lies in any level below.
  bool bottom = false;
  /// What lies outside is not the tree's any more.
  KeyRange owned;
};

/// Of a flush or merge planned now, which is above the bottom: readers without a snapshot see up to `visible`, the time is
/// `now_ms`, and history is kept for `retention_ms`.
SurvivalRules survival_rules(std::span<const Timestamp> snapshots, Timestamp visible, uint64_t now_ms,
                             uint64_t retention_ms, const KeyRange& owned);

/// The first moment that can be asked for at `commit` or later, or the floor if that comes before: what something newer
/// hides from there on, it hides from everyone who could see it.
Timestamp hidden_up_to(const SurvivalRules& rules, Timestamp commit);

/// What expired at these milliseconds or before is gone to everyone who could see a version of `commit`.
uint64_t expired_up_to(const SurvivalRules& rules, Timestamp commit);

/// It is a put that is as good as a remove to all of them.
bool is_expired(const SurvivalRules& rules, const Entry& entry);

/// From this moment on all can be asked for, held or not.
Timestamp history_from(const SurvivalRules& rules);

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
///
/// A put v that expires at e is as good as a delete at v once nobody is left who sees it alive: e <= floor_ms, and e <= s for
/// the snapshots s with v <= s. It becomes one, or goes as one would:
///
///     time  ----v------e----floor--------->             v is a delete
///     time  ----v---s--e----floor--------->             v stays: s sees it alive
///     time  ----v------e--s---floor------->             v is a delete, to s as well
///     time  --s--v-----e----floor--------->             v is a delete; s sees what is older
///     time  ----v-----------floor-----e--->             v stays
class Survivors {
public:
  /// `range_deletes` are those of all inputs. Lifetime: it outlives this.
  Survivors(SurvivalRules rules, const RangeDeletes& range_deletes);

  /// The entry, or the delete that it has become; nullptr: it goes. Lifetime: until the next call.
  /// Requires: entries come in internal order; of two at one position, the one written later first.
  const Entry* survivor(const Entry& entry);

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
  // What an expired put has become.
  Entry deleted_;
};

}  // namespace coppice::engine
