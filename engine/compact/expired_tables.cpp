#include "engine/compact/expired_tables.hpp"

#include <algorithm>
#include <span>

namespace coppice::engine {
namespace {

bool is_expired(const TableHandle& table, const SurvivalRules& rules) {
  const TableMeta& meta = table->meta();
  return meta.expiry.all_is_over(expired_up_to(rules, meta.oldest));
}

/// Nothing of `older` comes back when `table` goes.
bool hides_nothing(const TableHandle& table, std::span<const TableHandle> older, const SurvivalRules& rules) {
  return std::ranges::all_of(older, [&](const TableHandle& other) {
    return !other->meta().bounds.overlaps(table->meta().bounds) || is_expired(other, rules);
  });
}

bool can_go(const Version& version, uint32_t level, size_t index, const SurvivalRules& rules) {
  const TableHandle& table = version.level(level)[index];
  // In level 0 those behind it are older; in other levels they do not overlap it.
  if (!hides_nothing(table, std::span(version.level(level)).subspan(index + 1), rules)) return false;
  for (uint32_t below = level + 1; below < kLevelCount; ++below)
    if (!hides_nothing(table, version.overlapping(below, table->meta().bounds), rules)) return false;
  return true;
}

}  // namespace

std::optional<MergePlan> pick_expired(const Version& version, const SurvivalRules& rules,
                                      const MergesUnderWay& under_way) {
  for (uint32_t level = kLevelCount; level-- > 0;) {
    std::vector<TableHandle> found;
    const Version::Level& tables = version.level(level);
    for (size_t index = 0; index < tables.size(); ++index)
      if (is_expired(tables[index], rules) && !is_busy(tables[index], under_way) &&
          can_go(version, level, index, rules))
        found.push_back(tables[index]);
    if (!found.empty()) return because(MergeReason::expired_tables, drop_of(level, std::move(found)));
  }
  return std::nullopt;
}

bool any_expired(const Version& version, const SurvivalRules& rules) {
  for (uint32_t level = 0; level < kLevelCount; ++level)
    if (std::ranges::any_of(version.level(level), [&](const TableHandle& table) {
          return table->meta().expiry.quarter_is_over(rules.floor_ms);
        }))
      return true;
  return false;
}

}  // namespace coppice::engine
