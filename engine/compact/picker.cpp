#include "engine/compact/picker.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "engine/compact/deleted_tables.hpp"
#include "engine/compact/table_count.hpp"

namespace coppice::engine {
namespace {

// A step of a merge of a range takes at most this many tables, so that it can be followed and cancelled.
constexpr size_t kRangeStepTablesMax = 8;
// Level 0 is merged wherever it is this many times min_compaction_files deep, however small it is.
constexpr uint32_t kDepthFactor = 2;
// Tables of one tier differ at most this much in size.
constexpr uint64_t kTierSpread = 2;
// A merge for the sake of deletes writes at most this many times what it moves down.
constexpr double kDenseCostMax = 10;

using UnderWay = MergesUnderWay;

bool contains(const KeyRange& outer, const KeyRange& inner) { return intersection(outer, inner) == inner; }

/// Of a level's tables that are not being merged.
uint64_t free_size(const Version& version, uint32_t level, const UnderWay& under_way) {
  uint64_t size = version.level_size(level);
  if (under_way.empty()) return size;
  for (const TableHandle& table : version.level(level))
    if (is_busy(table, under_way)) size -= table->meta().full_size();
  return size;
}

/// How many tables of level 0 a read may meet before that is too many.
uint32_t depth_max(const TreeShape& options) {
  return options.merge_policy == MergePolicy::tiered ? options.level0_slow_count()
                                                     : kDepthFactor * options.min_compaction_files;
}

/// How many of a column's tables one key may meet, at most.
uint32_t depth_of(const Version& version, const Column& column) {
  return static_cast<uint32_t>(std::ranges::count_if(version.runs(), [&](const Version::Level& run) {
    return !Version::overlapping(run, column.hull).empty();
  }));
}

/// The cheaper of two plans that are allowed.
void choose(std::optional<MergePlan>& best, double& best_cost, MergePlan plan, const UnderWay& under_way) {
  const double cost = cost_of(plan);
  if ((best && cost >= best_cost) || !is_allowed(plan, under_way)) return;
  best = std::move(plan);
  best_cost = cost;
}

// Neighbours that only move do so together, as each move costs a sync of the manifest.
void widen_move(const Version& version, const std::vector<Column>& columns, const UnderWay& under_way,
                MergePlan& plan) {
  const auto place = std::ranges::find_if(
      columns, [&](const Column& column) { return column.hull.begin == plan.hull.begin; });
  for (auto next = place + 1; place != columns.end() && next != columns.end(); ++next) {
    std::vector<TableHandle> source = plan.source;
    source.insert(source.end(), next->tables.begin(), next->tables.end());
    MergePlan wider = plan_into(version, 0, plan.target_level, std::move(source));
    if (!wider.move || !is_allowed(wider, under_way)) return;
    plan = std::move(wider);
  }
}

/// Has entries of `through` or before.
auto reaches_back(Timestamp through) {
  return [through](const TableHandle& table) { return table->meta().oldest <= through; };
}

/// The cheapest of the columns that reach into `range`, and back to `through`.
std::optional<MergePlan> pick_column(const Version& version, uint32_t base, const KeyRange& range,
                                     const UnderWay& under_way, Timestamp through = kTimestampMax) {
  const std::vector<Column> columns = level0_columns(version);
  std::optional<MergePlan> best;
  double best_cost = 0;
  for (const Column& column : columns) {
    if (!column.hull.overlaps(range) || std::ranges::none_of(column.tables, reaches_back(through))) continue;
    // What is being merged are the oldest tables of a column; those above it wait.
    choose(best, best_cost, plan_into(version, 0, base, column.tables), under_way);
  }
  if (best && best->move) widen_move(version, columns, under_way, *best);
  return best;
}

/// A column that is too deep for its readers: into the base, or, where little has gathered above much, into one
/// table that stays in level 0.
std::optional<MergePlan> pick_deep_column(const Version& version, const TreeShape& options, uint32_t base,
                                          const UnderWay& under_way, Timestamp flushed) {
  for (const Column& column : level0_columns(version)) {
    if (depth_of(version, column) < depth_max(options)) continue;
    MergePlan plan = plan_into(version, 0, base, column.tables);
    if (cost_of(plan) > options.level_ratio && may_stay_in_level0(column.tables, flushed))
      plan = plan_into(version, 0, 0, column.tables);
    if (is_allowed(plan, under_way)) return plan;
  }
  return std::nullopt;
}

bool may_have_tier(const Version& version, const TreeShape& options) {
  return options.merge_policy == MergePolicy::tiered && version.runs().size() >= options.min_compaction_files;
}

/// As many of the first tables as are of about one size, and may become one.
std::vector<TableHandle> tier_of(std::span<const TableHandle> tables, Timestamp flushed) {
  std::vector<TableHandle> tier;
  uint64_t least = UINT64_MAX;
  uint64_t most = 0;
  for (const TableHandle& table : tables) {
    least = std::min(least, table->meta().file_size);
    most = std::max(most, table->meta().file_size);
    if (most > kTierSpread * least || !may_stay_in_level0({&table, 1}, flushed)) break;
    tier.push_back(table);
  }
  return tier;
}

/// Tiered: the most tables in a row of which none is much larger than another, if a read meets min_compaction_files of
/// them. They are of one time, so between those above and those below them.
std::optional<MergePlan> pick_tier(const Version& version, const TreeShape& options,
                                   const UnderWay& under_way, Timestamp flushed) {
  std::optional<MergePlan> best;
  size_t best_depth = options.min_compaction_files - 1;
  for (const Column& column : level0_columns(version)) {
    const auto& tables = column.tables;
    for (size_t first = 0; first < tables.size(); ++first) {
      // Those of one commit are told apart by their numbers, and what is merged has the highest.
      if (first > 0 && tables[first - 1]->meta().newest == tables[first]->meta().newest) continue;
      const std::vector<TableHandle> tier = tier_of(std::span(tables).subspan(first), flushed);
      const size_t depth = Version::runs_of(tier).size();
      if (depth <= best_depth) continue;
      MergePlan plan = plan_into(version, 0, 0, tier);
      plan.bottom = plan.bottom && first + tier.size() == tables.size();
      if (!is_allowed(plan, under_way)) continue;
      best = std::move(plan);
      best_depth = depth;
    }
  }
  return best;
}

std::optional<MergePlan> pick_level0(const Version& version, const TreeShape& options,
                                     const LevelShape& shape, const UnderWay& under_way, Timestamp flushed) {
  if (version.runs().size() >= depth_max(options))
    if (auto plan = pick_deep_column(version, options, shape.base, under_way, flushed))
      return because(MergeReason::level0_depth, std::move(plan));
  if (options.merge_policy == MergePolicy::tiered)
    if (auto plan = pick_tier(version, options, under_way, flushed))
      return because(MergeReason::tiers, std::move(plan));
  if (free_size(version, 0, under_way) < shape.size_due[0]) return std::nullopt;
  return because(MergeReason::level_size, pick_column(version, shape.base, {}, under_way));
}

std::optional<MergePlan> pick_level(const Version& version, uint32_t level, const UnderWay& under_way) {
  std::optional<MergePlan> best;
  double best_cost = 0;
  for (const TableHandle& table : version.level(level))
    choose(best, best_cost, plan_into(version, level, level + 1, {table}), under_way);
  return best;
}

double score(const Version& version, const TreeShape& options, const LevelShape& shape, uint32_t level,
             const UnderWay& under_way) {
  if (level == kLastLevel) return 0;
  const auto size = static_cast<double>(free_size(version, level, under_way));
  const auto size_due = static_cast<double>(std::max<uint64_t>(shape.size_due[level], 1));
  if (level > 0) return size / size_due;
  return size == 0
             ? 0
             : std::max(size / size_due, static_cast<double>(version.runs().size()) / depth_max(options));
}

/// What merging tables would free in them, by what the manifest knows.
struct Freed {
  uint64_t entries = 0;
  /// Of them, deletes, and what is useless to everyone; what is so for two reasons may count twice.
  uint64_t useless = 0;
  uint64_t expired = 0;
  uint64_t range_deletes = 0;
  Timestamp newest = kTimestampMin;
  bool clears = false;

  void add(const TableMeta& meta, const Settled& settled) {
    const uint64_t over = meta.expiry.count_over(meta.entry_count, settled.expired_ms);
    entries += meta.entry_count;
    useless += meta.delete_count + over + (meta.newest <= settled.moment ? meta.hidden_count : 0);
    expired += over;
    range_deletes += meta.range_delete_count;
    newest = std::max(newest, meta.newest);
    clears = clears || !meta.cleared.empty();
  }

  bool is_dense(const Settled& settled, MergeNeed need) const {
    // Range deletes alone take no room, and free none before nobody can ask for what they hide.
    if (entries == 0) return range_deletes > 0 && newest <= settled.moment;
    if (need == MergeNeed::idle && expired > 0 && 4 * expired >= entries) return true;
    return useless + range_deletes > 0 && 2 * useless >= entries;
  }
};

Freed freed_of(const std::vector<TableHandle>& tables, const Settled& settled) {
  Freed freed;
  for (const TableHandle& table : tables) freed.add(table->meta(), settled);
  return freed;
}

/// Range deletes of the source cover half or more of what it meets.
bool covers_much(const MergePlan& plan, uint64_t cleared) {
  return cleared > 0 && 2 * cleared >= tables_size_of(plan.target.empty() ? plan.source : plan.target);
}

/// The bytes that the merge writes for each that it moves down or lets go.
double cost_of_deletes(const MergePlan& plan, uint64_t cleared) {
  const auto source = static_cast<double>(tables_size_of(plan.source) + 1);
  const auto target = static_cast<double>(tables_size_of(plan.target));
  const auto gone = static_cast<double>(cleared);
  return plan.move ? 0 : (source + target - gone) / (source + gone);
}

/// Where deletes lie dense, or what has expired, or much lies under range deletes, the cheapest merge of them with what they
/// hide.
std::optional<MergePlan> pick_dense(const Version& version, uint32_t base, const Settled& settled,
                                    MergeNeed need, const UnderWay& under_way) {
  std::optional<MergePlan> best;
  double best_cost = need == MergeNeed::idle ? std::numeric_limits<double>::infinity() : kDenseCostMax;
  const auto consider = [&](uint32_t level, uint32_t target, const std::vector<TableHandle>& tables) {
    const Freed freed = freed_of(tables, settled);
    const bool dense = freed.is_dense(settled, need);
    if (!dense && !freed.clears) return;
    MergePlan plan = plan_into(version, level, target, tables);
    const uint64_t cleared = cleared_size(plan, settled.moment);
    const double cost = cost_of_deletes(plan, cleared);
    if ((!dense && !covers_much(plan, cleared)) || cost > best_cost || !is_allowed(plan, under_way)) return;
    best_cost = cost;
    best = std::move(plan);
  };
  for (const Column& column : level0_columns(version)) consider(0, base, column.tables);
  for (uint32_t level = base; level < kLastLevel; ++level)
    for (const TableHandle& table : version.level(level)) consider(level, level + 1, {table});
  for (const TableHandle& table : version.level(kLastLevel))
    if (table->meta().newest <= settled.moment) consider(kLastLevel, kLastLevel, {table});
  return best;
}

/// The level to merge although none is due: the highest, if all above the last take much space.
std::optional<uint32_t> idle_level(const Version& version, const TreeShape& options,
                                   const UnderWay& under_way) {
  uint64_t above = 0;
  std::optional<uint32_t> first;
  for (uint32_t level = kLastLevel; level-- > 0;) {
    const uint64_t size = free_size(version, level, under_way);
    if (size > 0) first = level;
    above += size;
  }
  const uint64_t ratio = options.merge_policy == MergePolicy::tiered ? 1 : options.level_ratio;
  return above * ratio > version.level_size(kLastLevel) ? first : std::nullopt;
}

}  // namespace

bool may_stay_in_level0(std::span<const TableHandle> tables, Timestamp flushed) {
  return std::ranges::all_of(tables,
                             [flushed](const TableHandle& table) { return table->meta().newest <= flushed; });
}

std::vector<Column> level0_columns(const Version& version) {
  std::vector<TableHandle> tables = version.level(0);
  std::ranges::stable_sort(
      tables, {}, [](const TableHandle& table) -> const Bytes& { return table->meta().bounds.begin; });
  std::vector<Column> columns;
  for (TableHandle& table : tables) {
    const TableMeta& meta = table->meta();
    if (columns.empty() || !columns.back().hull.overlaps(meta.bounds))
      columns.push_back({{}, meta.bounds, 0});
    Column& column = columns.back();
    widen(column.hull, meta.bounds);
    column.size += meta.file_size;
    column.tables.push_back(std::move(table));
  }
  for (Column& column : columns) std::ranges::sort(column.tables, is_newer);
  return columns;
}

double level_score(const Version& version, const TreeShape& options, uint32_t level,
                   const UnderWay& under_way) {
  return score(version, options, level_shape(version, options), level, under_way);
}

std::optional<MergePlan> pick_merge(const Version& version, const TreeShape& options,
                                    const UnderWay& under_way, MergeNeed need, const Settled& settled) {
  const LevelShape shape = level_shape(version, options);
  struct Candidate {
    double score;
    uint32_t level;
  };
  std::vector<Candidate> candidates;
  for (uint32_t level = 0; level < kLastLevel; ++level)
    if (const double found = score(version, options, shape, level, under_way);
        found >= 1 || (level == 0 && may_have_tier(version, options)))
      candidates.push_back({found, level});
  std::ranges::stable_sort(candidates, std::greater<>(), &Candidate::score);

  for (const Candidate& candidate : candidates) {
    auto plan = candidate.level == 0
                    ? pick_level0(version, options, shape, under_way, settled.flushed)
                    : because(MergeReason::level_size, pick_level(version, candidate.level, under_way));
    if (plan) return plan;
  }
  if (auto plan = pick_fewer(version, options, shape.base, under_way))
    return because(MergeReason::table_count, std::move(plan));
  if (auto plan = pick_dense(version, shape.base, settled, need, under_way))
    return because(MergeReason::deletes, std::move(plan));
  const auto level = need == MergeNeed::idle ? idle_level(version, options, under_way) : std::nullopt;
  if (!level) return std::nullopt;
  return because(MergeReason::idleness, *level == 0 ? pick_column(version, shape.base, {}, under_way)
                                                    : pick_level(version, *level, under_way));
}

namespace {

/// The table is encrypted with it, and so are the files of all values that it refers to.
bool has_key(const Version& version, const TableMeta& table, uint64_t key_id) {
  return table.key_id == key_id && std::ranges::all_of(table.values.all(), [&](const ValueUses::Use& use) {
           return version.find_values(use.file)->file->meta().key_id == key_id;
         });
}

}  // namespace

std::optional<MergePlan> pick_merge_range(const Version& version, const TreeShape& options,
                                          const KeyRange& range, const KeyRange& owned, uint64_t key_id,
                                          const ColdRule& cold, const UnderWay& under_way,
                                          Timestamp through) {
  if (std::ranges::any_of(version.overlapping_in_level0(range), reaches_back(through)))
    return because(MergeReason::request,
                   pick_column(version, level_shape(version, options).base, range, under_way, through));

  for (uint32_t level = 1; level < kLastLevel; ++level) {
    const auto all = version.overlapping(level, range);
    const auto first = std::ranges::find_if(all, reaches_back(through));
    const auto found = all.subspan(static_cast<size_t>(first - all.begin()));
    if (found.empty()) continue;
    const auto step = found.first(std::min(found.size(), kRangeStepTablesMax));
    MergePlan plan = plan_into(version, level, level + 1, {step.begin(), step.end()});
    if (!is_allowed(plan, under_way)) return std::nullopt;
    return because(MergeReason::request, std::move(plan));
  }
  for (const TableHandle& table : version.overlapping(kLastLevel, range)) {
    if (contains(owned, table->meta().bounds) && has_key(version, table->meta(), key_id) &&
        !is_misplaced(version, kLastLevel, table->meta(), cold))
      continue;
    MergePlan plan = plan_into(version, kLastLevel, kLastLevel, {table});
    if (is_allowed(plan, under_way)) return because(MergeReason::request, std::move(plan));
  }
  return std::nullopt;
}

std::optional<MergePlan> pick_other_key(const Version& version, uint64_t key_id, const UnderWay& under_way) {
  for (uint32_t level = kLevelCount; level-- > 0;) {
    for (const TableHandle& table : version.level(level)) {
      if (has_key(version, table->meta(), key_id)) continue;
      MergePlan plan = plan_into(version, level, level, {table});
      // Older tables of level 0 may hold what its deletes hide.
      plan.bottom = plan.bottom && level > 0;
      if (is_allowed(plan, under_way)) return because(MergeReason::other_key, std::move(plan));
    }
  }
  return std::nullopt;
}

}  // namespace coppice::engine
