#include "engine/compact/flush_step.hpp"

#include <algorithm>

#include "engine/compact/picker.hpp"

namespace coppice::engine {
namespace {

// What a memtable takes in tables is a guess, and if it is too small by so much no merge is due right behind the flush.
constexpr uint64_t kGuessShare = 12;
// A column is taken along if it is this many times as dense as all of level 0 at its size, or more.
constexpr double kDensityMin = 1.25;
// Nor is the flush held up by a merge of more than so many times a memtable's size.
constexpr uint64_t kSizeMax = 4;

/// From the first key of all, if nothing lies before the hull, to where the next table in level 0 or the base begins.
KeyRange widened_to_neighbours(const Version& version, uint32_t base, const KeyRange& hull) {
  KeyRange range{{}, std::nullopt};
  for (const uint32_t level : {0u, base}) {
    for (const TableHandle& table : version.level(level)) {
      const Bytes& begin = table->meta().bounds.begin;
      if (begin < hull.begin) range.begin = hull.begin;
      if (hull.end && begin >= *hull.end && (!range.end || begin < *range.end)) range.end = begin;
    }
  }
  return range;
}

/// The column, with whatever else of level 0 lies in the hull: what comes from the memtable must not sink below older
/// versions of its keys.
MergePlan plan_of_stack(const Version& version, uint32_t base, const std::vector<Column>& columns,
                        const Column& column) {
  MergePlan plan = plan_into(version, 0, base, column.tables);
  for (size_t count = 0; count != plan.source.size();) {
    count = plan.source.size();
    std::vector<TableHandle> source;
    for (const Column& other : columns)
      if (other.hull.overlaps(plan.hull))
        source.insert(source.end(), other.tables.begin(), other.tables.end());
    std::ranges::sort(source, is_newer);
    if (source.size() > count) plan = plan_into(version, 0, base, std::move(source));
  }
  return plan;
}

/// What the memtable has in the hull counts as moved down too.
double cost_of_step(const MergePlan& plan, const KeySample& waiting) {
  const auto moved = static_cast<double>(full_size_of(plan.source) + waiting.size_in(plan.hull) + 1);
  return (moved + static_cast<double>(full_size_of(plan.target))) / moved;
}

}  // namespace

uint64_t KeySample::size_in(const KeyRange& range) const {
  const auto begin = std::ranges::lower_bound(keys, range.begin);
  const auto end = range.end ? std::ranges::lower_bound(keys, *range.end) : keys.end();
  return begin < end ? static_cast<uint64_t>(end - begin) * size_each : 0;
}

void KeySample::take(const KeyRange& range) {
  std::erase_if(keys, [&](const Bytes& key) { return range.contains(key); });
}

std::optional<MergePlan> pick_flush_step(const Version& version, const TreeShape& options,
                                         const KeySample& waiting, const MergesUnderWay& under_way) {
  const LevelShape shape = level_shape(version, options);
  const uint64_t size = version.level_size(0) + waiting.size() + options.memtable_size / kGuessShare;
  if (size <= shape.size_due[0]) return std::nullopt;

  std::optional<MergePlan> best;
  const auto base_size = static_cast<double>(version.level_size(shape.base));
  double best_cost = 1 + base_size / (kDensityMin * std::max(1.0, static_cast<double>(shape.size_due[0])));
  const auto consider = [&](MergePlan plan) {
    if (waiting.size_in(plan.hull) == 0) return;
    if (tables_size_of(plan.source) + tables_size_of(plan.target) > kSizeMax * options.memtable_size) return;
    const double cost = cost_of_step(plan, waiting);
    if (cost >= best_cost || !is_allowed(plan, under_way)) return;
    best = std::move(plan);
    best_cost = cost;
  };
  const std::vector<Column> columns = level0_columns(version);
  for (const Column& column : columns) consider(plan_of_stack(version, shape.base, columns, column));
  for (const TableHandle& table : version.level(shape.base)) {
    const KeyRange& bounds = table->meta().bounds;
    if (std::ranges::none_of(columns, [&](const Column& column) { return column.hull.overlaps(bounds); }))
      consider(plan_onto(version, shape.base, table));
  }
  if (!best) return std::nullopt;
  best->hull = widened_to_neighbours(version, shape.base, best->hull);
  best->move = false;
  best->reason = MergeReason::flush;
  best->bottom = is_bottom(version, best->target_level, best->hull);
  return best;
}

std::vector<KeyRange> gaps_between(std::vector<KeyRange> taken) {
  std::ranges::sort(taken, {}, &KeyRange::begin);
  std::vector<KeyRange> gaps;
  std::optional<Bytes> begin = Bytes();
  for (const KeyRange& range : taken) {
    if (begin && *begin < range.begin) gaps.push_back({*begin, range.begin});
    if (begin && (!range.end || *range.end > *begin)) begin = range.end;
  }
  if (begin) gaps.push_back({*std::move(begin), std::nullopt});
  return gaps;
}

}  // namespace coppice::engine
