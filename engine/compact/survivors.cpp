#include "engine/compact/survivors.hpp"

#include <algorithm>

namespace coppice::engine {

SurvivalRules survival_rules(std::span<const Timestamp> snapshots, Timestamp visible, uint64_t now_ms,
                             uint64_t retention_ms, const KeyRange& owned) {
  SurvivalRules rules{.snapshots = {snapshots.begin(), snapshots.end()},
                      .floor = visible,
                      .floor_ms = now_ms,
                      .bottom = false,
                      .owned = owned};
  if (retention_ms > 0) {
    rules.floor_ms -= std::min(rules.floor_ms, retention_ms);
    rules.floor = std::min(rules.floor, first_of_millisecond(rules.floor_ms));
  }
  return rules;
}

Timestamp hidden_up_to(const SurvivalRules& rules, Timestamp commit) {
  const auto snapshot = std::ranges::lower_bound(rules.snapshots, commit);
  return snapshot == rules.snapshots.end() ? rules.floor : std::min(rules.floor, *snapshot);
}

uint64_t expired_up_to(const SurvivalRules& rules, Timestamp commit) {
  const auto snapshot = std::ranges::lower_bound(rules.snapshots, commit);
  return snapshot == rules.snapshots.end() ? rules.floor_ms
                                           : std::min(rules.floor_ms, snapshot->milliseconds());
}

bool is_expired(const SurvivalRules& rules, const Entry& entry) {
  return expires(entry.kind) && expiry_of(entry.value) <= expired_up_to(rules, entry.commit);
}

Timestamp history_from(const SurvivalRules& rules) {
  return std::max(rules.floor, first_of_millisecond(rules.floor_ms));
}

Survivors::Survivors(SurvivalRules rules, const RangeDeletes& range_deletes)
    : rules_(std::move(rules)), range_deletes_(range_deletes) {
  COPPICE_CHECK(std::ranges::is_sorted(rules_.snapshots));
}

const Entry* Survivors::survivor(const Entry& entry) {
  const bool same_key = !first_ && entry.key == last_key_;
  const Timestamp newer = last_commit_;
  if (!same_key) last_key_.assign(entry.key);
  last_commit_ = entry.commit;
  first_ = false;

  if (!rules_.owned.contains(entry.key)) return nullptr;
  // Two operations of one batch on one key: the later one came first.
  if (same_key && entry.commit == newer) return nullptr;
  const Timestamp limit = hidden_up_to(entry.commit);
  if (same_key && newer <= limit) return nullptr;
  if (range_deletes_.newest_covering(entry.key, limit) > entry.commit) return nullptr;
  if (entry.kind == Kind::put) return &entry;
  const bool expired = is_expired(rules_, entry);
  if (!expired && !is_remove(entry.kind)) return &entry;
  if (is_spent(entry.commit)) return nullptr;
  if (!expired) return &entry;
  deleted_ = {entry.key, entry.commit, Kind::remove, {}};
  return &deleted_;
}

bool Survivors::drops_all(const KeyRange& bounds, Timestamp oldest, Timestamp newest) const {
  if (!rules_.owned.overlaps(bounds)) return true;
  // What hides the oldest from every snapshot hides the others as well, if it is newer than all.
  const Timestamp limit = hidden_up_to(oldest);
  const auto& fragments = range_deletes_.fragments();
  const RangeDeletes::Fragment* fragment = range_deletes_.find_fragment(bounds.begin);
  if (fragment == nullptr) return false;
  ByteView covered = bounds.begin;
  for (; fragment != fragments.data() + fragments.size(); ++fragment) {
    if (fragment->begin > covered || fragment->newest(limit) <= newest) return false;
    if (fragment->unbounded) return true;
    covered = fragment->end;
    if (bounds.end && covered >= *bounds.end) return true;
  }
  return false;
}

std::vector<RangeDelete> Survivors::range_deletes() const {
  std::vector<RangeDelete> kept;
  const RangeDeletes owned = range_deletes_.clip(rules_.owned);
  for (const RangeDeletes::Fragment& fragment : owned.fragments()) {
    for (size_t index = 0; index < fragment.commits.size(); ++index) {
      const Timestamp commit = fragment.commits[index];
      const bool hidden = index > 0 && fragment.commits[index - 1] <= hidden_up_to(commit);
      if (!hidden && !is_spent(commit))
        kept.push_back({fragment.begin, fragment.end, fragment.unbounded, commit});
    }
  }
  // Joins the pieces of one delete again.
  return RangeDeletes(kept).deletes();
}

bool Survivors::is_spent(Timestamp delete_commit) const {
  return rules_.bottom && delete_commit <= hidden_up_to(kTimestampMin);
}

}  // namespace coppice::engine
