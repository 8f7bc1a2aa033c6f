#include "engine/compact/merge_plan.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

// Requires: `tables` is not empty.
KeyRange hull_of(const std::vector<TableHandle>& tables) {
  KeyRange hull = tables.front()->meta().bounds;
  for (const TableHandle& table : tables) widen(hull, table->meta().bounds);
  return hull;
}

/// Both write, or pass by, a level where their keys meet: what arrives later could be the older.
bool collide(const MergePlan& plan, const MergeUnderWay& merge) {
  const uint32_t above = std::max(std::min(plan.source_level, plan.target_level - 1),
                                  std::min(merge.source_level, merge.target_level - 1));
  return above < std::min(plan.target_level, merge.target_level) && merge.hull.overlaps(plan.hull);
}

bool keep_apart(const std::vector<TableHandle>& tables) {
  for (size_t one = 0; one < tables.size(); ++one)
    for (size_t other = one + 1; other < tables.size(); ++other)
      if (tables[one]->meta().bounds.overlaps(tables[other]->meta().bounds)) return false;
  return true;
}

bool has_deletes(const TableHandle& table) {
  return table->meta().delete_count + table->meta().range_delete_count > 0;
}

}  // namespace

std::optional<MergePlan> because(MergeReason reason, std::optional<MergePlan> plan) {
  if (plan) plan->reason = reason;
  return plan;
}

void widen(KeyRange& hull, const KeyRange& range) {
  hull.begin = std::min(hull.begin, range.begin);
  if (!range.end || (hull.end && *range.end > *hull.end)) hull.end = range.end;
}

uint64_t full_size_of(Version::Run tables) {
  uint64_t size = 0;
  for (const TableHandle& table : tables) size += table->meta().full_size();
  return size;
}

uint64_t tables_size_of(Version::Run tables) {
  uint64_t size = 0;
  for (const TableHandle& table : tables) size += table->meta().file_size;
  return size;
}

bool is_busy(const TableHandle& table, const MergesUnderWay& under_way) {
  return std::ranges::any_of(under_way, [&](const MergeUnderWay& merge) {
    return std::ranges::find(merge.tables, table->meta().number) != merge.tables.end();
  });
}

bool is_allowed(const MergePlan& plan, const MergesUnderWay& under_way) {
  const auto busy = [&](const TableHandle& table) { return is_busy(table, under_way); };
  return std::ranges::none_of(under_way, [&](const MergeUnderWay& merge) { return collide(plan, merge); }) &&
         std::ranges::none_of(plan.source, busy) && std::ranges::none_of(plan.target, busy);
}

MergePlan plan_into(const Version& version, uint32_t source_level, uint32_t target_level,
                    std::vector<TableHandle> source) {
  MergePlan plan;
  plan.source_level = source_level;
  plan.target_level = target_level;
  plan.source = std::move(source);
  plan.hull = hull_of(plan.source);
  if (target_level != source_level) {
    const auto target = version.overlapping(target_level, plan.hull);
    plan.target.assign(target.begin(), target.end());
    for (const TableHandle& table : plan.target) widen(plan.hull, table->meta().bounds);
  }

  plan.bottom = is_bottom(version, target_level, plan.hull);

  // A move would carry deletes to a place where they hide nothing, and leave them there.
  plan.move = plan.target.empty() && target_level != source_level && keep_apart(plan.source) &&
              !(plan.bottom && std::ranges::any_of(plan.source, has_deletes));
  return plan;
}

MergePlan drop_of(uint32_t level, std::vector<TableHandle> source) {
  MergePlan plan;
  plan.source_level = plan.target_level = level;
  plan.source = std::move(source);
  plan.hull = hull_of(plan.source);
  plan.drop = true;
  return plan;
}

MergePlan plan_onto(const Version& version, uint32_t target_level, const TableHandle& target) {
  MergePlan plan;
  plan.target_level = target_level;
  plan.target = {target};
  plan.hull = target->meta().bounds;
  plan.bottom = is_bottom(version, target_level, plan.hull);
  return plan;
}

bool is_bottom(const Version& version, uint32_t level, const KeyRange& hull) {
  while (++level < kLevelCount)
    if (!version.overlapping(level, hull).empty()) return false;
  return true;
}

double cost_of(const MergePlan& plan) {
  const auto source = static_cast<double>(tables_size_of(plan.source) + 1);
  return plan.move ? 0 : (source + static_cast<double>(tables_size_of(plan.target))) / source;
}

std::vector<KeyRange> cut_into_parts(const MergePlan& plan, uint64_t part_size) {
  const uint64_t size = tables_size_of(plan.source) + tables_size_of(plan.target);
  const uint64_t count = std::clamp<uint64_t>(size / part_size, 1, kMergePartsMax);
  std::vector<KeyRange> parts{plan.hull};
  // What the source has is spread over the keys as what lies in the target, about.
  const uint64_t target_size = tables_size_of(plan.target);
  uint64_t passed = 0;
  for (const TableHandle& table : plan.target) {
    if (passed > 0 && passed * count >= target_size * parts.size() && parts.size() < count) {
      parts.back().end = table->meta().bounds.begin;
      parts.push_back({table->meta().bounds.begin, plan.hull.end});
    }
    passed += table->meta().file_size;
  }
  return parts;
}

}  // namespace coppice::engine
