#include "engine/compact/cold_rule.hpp"

#include <algorithm>

#include "engine/compact/level_shape.hpp"
#include "engine/options.hpp"

namespace coppice::engine {

bool ColdRule::is_cold(uint32_t level, Timestamp newest) const {
  if (!on || full || after_ms == kNeverCold) return false;
  if (after_ms == 0) return level == kLastLevel;
  return now_ms >= after_ms && newest.milliseconds() <= now_ms - after_ms;
}

bool ColdRule::takes_along(bool file_cold, bool table_cold) const {
  if (!on || full) return false;
  return table_cold ? !file_cold : file_cold && after_ms == kNeverCold;
}

Timestamp newest_in(const MergePlan& plan, const KeyRange& range) {
  Timestamp newest = kTimestampMin;
  for (const auto* tables : {&plan.source, &plan.target})
    for (const TableHandle& table : *tables)
      if (range.overlaps(table->meta().bounds)) newest = std::max(newest, table->meta().newest);
  return newest;
}

bool is_misplaced(const Version& version, uint32_t level, const TableMeta& table, const ColdRule& rule) {
  if (!rule.on || rule.full) return false;
  const bool cold = rule.is_cold(level, table.newest);
  return table.cold != cold || std::ranges::any_of(table.values.all(), [&](const ValueUses::Use& use) {
           return rule.takes_along(version.find_values(use.file)->file->meta().cold, cold);
         });
}

bool any_misplaced(const Version& version, const ColdRule& rule) {
  if (!rule.on || rule.full) return false;
  for (uint32_t level = 0; level < kLevelCount; ++level)
    if (std::ranges::any_of(version.level(level), [&](const TableHandle& table) {
          return is_misplaced(version, level, table->meta(), rule);
        }))
      return true;
  return false;
}

std::optional<MergePlan> pick_misplaced(const Version& version, const ColdRule& rule,
                                        const MergesUnderWay& under_way) {
  if (!rule.on || rule.full) return std::nullopt;
  std::optional<MergePlan> best;
  for (uint32_t level = 0; level < kLevelCount; ++level) {
    for (const TableHandle& table : version.level(level)) {
      const TableMeta& meta = table->meta();
      if (best && best->source.front()->meta().newest <= meta.newest) continue;
      if (!is_misplaced(version, level, meta, rule)) continue;
      MergePlan plan = plan_into(version, level, level, {table});
      // Older tables of level 0 may hold what its deletes hide.
      plan.bottom = plan.bottom && level > 0;
      if (is_allowed(plan, under_way)) best = std::move(plan);
    }
  }
  return because(MergeReason::place, std::move(best));
}

}  // namespace coppice::engine
