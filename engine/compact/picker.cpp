#include "engine/compact/picker.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

constexpr uint32_t kLastLevel = kLevelCount - 1;
// A step of a merge of a range takes at most this many tables, so that it can be followed and cancelled.
constexpr size_t kRangeStepTablesMax = 8;

void widen(KeyRange& hull, const KeyRange& range) {
  hull.begin = std::min(hull.begin, range.begin);
  if (!range.end || (hull.end && *range.end > *hull.end)) hull.end = range.end;
}

// Requires: `tables` is not empty.
KeyRange hull_of(const std::vector<TableHandle>& tables) {
  KeyRange hull = tables.front()->meta().bounds;
  for (const TableHandle& table : tables) widen(hull, table->meta().bounds);
  return hull;
}

bool contains(const KeyRange& outer, const KeyRange& inner) { return intersection(outer, inner) == inner; }

bool is_busy(const TableHandle& table, const std::vector<MergeUnderWay>& under_way) {
  return std::ranges::any_of(under_way, [&](const MergeUnderWay& merge) {
    return std::ranges::find(merge.tables, table->meta().number) != merge.tables.end();
  });
}

bool is_allowed(const MergePlan& plan, const std::vector<MergeUnderWay>& under_way) {
  const auto busy = [&](const TableHandle& table) { return is_busy(table, under_way); };
  return std::ranges::none_of(plan.source, busy) && std::ranges::none_of(plan.target, busy) &&
         std::ranges::none_of(under_way, [&](const MergeUnderWay& merge) {
           return merge.target_level == plan.target_level && merge.hull.overlaps(plan.hull);
         });
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

// Requires: `source` is not empty.
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

  plan.bottom = true;
  for (uint32_t level = target_level + 1; level < kLevelCount; ++level)
    if (!version.overlapping(level, plan.hull).empty()) plan.bottom = false;

  // A move would carry deletes to a place where they hide nothing, and leave them there.
  plan.move = plan.target.empty() && target_level != source_level && keep_apart(plan.source) &&
              !(plan.bottom && std::ranges::any_of(plan.source, has_deletes));
  return plan;
}

std::optional<MergePlan> pick_level0(const Version& version, const std::vector<MergeUnderWay>& under_way) {
  std::vector<TableHandle> source;
  std::ranges::copy_if(version.level(0), std::back_inserter(source),
                       [&](const TableHandle& table) { return !is_busy(table, under_way); });
  if (source.empty()) return std::nullopt;
  MergePlan plan = plan_into(version, 0, 1, std::move(source));
  if (!is_allowed(plan, under_way)) return std::nullopt;
  return plan;
}

std::optional<MergePlan> pick_level(const Version& version, uint32_t level,
                                    const std::vector<MergeUnderWay>& under_way) {
  std::optional<MergePlan> best;
  double best_cost = 0;
  for (const TableHandle& table : version.level(level)) {
    uint64_t below = 0;
    for (const TableHandle& overlapped : version.overlapping(level + 1, table->meta().bounds))
      below += overlapped->meta().file_size;
    const double cost = static_cast<double>(below) / static_cast<double>(table->meta().file_size + 1);
    if (best && cost >= best_cost) continue;
    MergePlan plan = plan_into(version, level, level + 1, {table});
    if (!is_allowed(plan, under_way)) continue;
    best = std::move(plan);
    best_cost = cost;
  }
  return best;
}

uint32_t deepest_in_use(const Version& version) {
  for (uint32_t level = kLastLevel; level > 1; --level)
    if (!version.level(level).empty()) return level;
  return 1;
}

}  // namespace

double level_score(const Version& version, const TreeOptions& options, uint32_t level) {
  if (level == 0) return static_cast<double>(version.level(0).size()) / options.level0_merge_count;
  if (level == kLastLevel) return 0;
  double size_max = static_cast<double>(options.level1_size);
  for (uint32_t above = 1; above < level; ++above) size_max *= options.level_ratio;
  return static_cast<double>(version.level_size(level)) / size_max;
}

std::optional<MergePlan> pick_merge(const Version& version, const TreeOptions& options,
                                    const std::vector<MergeUnderWay>& under_way) {
  struct Candidate {
    double score;
    uint32_t level;
  };
  std::vector<Candidate> candidates;
  for (uint32_t level = 0; level < kLastLevel; ++level)
    if (const double score = level_score(version, options, level); score >= 1)
      candidates.push_back({score, level});
  std::ranges::stable_sort(candidates, std::greater<>(), &Candidate::score);

  for (const Candidate& candidate : candidates) {
    auto plan = candidate.level == 0 ? pick_level0(version, under_way)
                                     : pick_level(version, candidate.level, under_way);
    if (plan) return plan;
  }
  return std::nullopt;
}

std::optional<MergePlan> pick_merge_range(const Version& version, const KeyRange& range,
                                          const KeyRange& owned,
                                          const std::vector<MergeUnderWay>& under_way) {
  if (!version.overlapping_in_level0(range).empty()) return pick_level0(version, under_way);

  const uint32_t last = deepest_in_use(version);
  for (uint32_t level = 1; level < last; ++level) {
    const auto found = version.overlapping(level, range);
    if (found.empty()) continue;
    const auto step = found.first(std::min(found.size(), kRangeStepTablesMax));
    MergePlan plan = plan_into(version, level, level + 1, {step.begin(), step.end()});
    if (!is_allowed(plan, under_way)) return std::nullopt;
    return plan;
  }
  for (const TableHandle& table : version.overlapping(last, range)) {
    if (contains(owned, table->meta().bounds)) continue;
    MergePlan plan = plan_into(version, last, last, {table});
    if (is_allowed(plan, under_way)) return plan;
  }
  return std::nullopt;
}

}  // namespace coppice::engine
