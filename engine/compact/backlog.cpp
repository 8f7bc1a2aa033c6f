#include "engine/compact/backlog.hpp"

#include <algorithm>
#include <limits>

#include "engine/compact/garbage.hpp"
#include "engine/compact/merge_plan.hpp"

namespace coppice::engine {
namespace {

// Of the way from `free` to `most`.
double share(double value, double free, double most) { return (value - free) / (most - free); }

// What the level has above its size.
double excess(const Version& version, const LevelShape& shape, uint32_t level) {
  const auto size = static_cast<double>(version.level_size(level));
  return std::max(0.0, size - static_cast<double>(shape.size_max[level]));
}

/// The tables of level 0 that a read may meet at most, where nothing is merged by itself.
size_t depth_without_merging(const TreeShape& options) {
  constexpr size_t kFactor = 8;
  return kFactor * 2 * options.level0_slow_count();
}

double depth_debt(const Version& version, const TreeShape& options) {
  const auto slow = static_cast<double>(options.level0_slow_count());
  return share(static_cast<double>(version.runs().size()), slow, 2 * slow);
}

}  // namespace

uint64_t pending_merge_size(const Version& version, const TreeShape& options) {
  const LevelShape shape = level_shape(version, options);
  double pending = 0;
  double moved = 0;
  for (uint32_t level = 0; level < kLastLevel; ++level) {
    moved = excess(version, shape, level) + (level == 0 || level >= shape.base ? moved : 0);
    if (moved == 0) continue;
    // A byte that moves takes its share of the level below along.
    const uint32_t below = level == 0 ? shape.base : level + 1;
    const auto size = static_cast<double>(version.level_size(level)) + 1;
    pending += moved * (1 + static_cast<double>(version.level_size(below)) / size);
  }
  return static_cast<uint64_t>(pending);
}

double merge_debt(const Version& version, const TreeShape& options, Merging merging) {
  if (merging != Merging::on) return version.runs().size() >= depth_without_merging(options) ? 1 : 0;
  const LevelShape shape = level_shape(version, options);
  const auto memtable = static_cast<double>(options.memtable_size);
  const auto level0_max = static_cast<double>(shape.size_max[0]);
  double debt =
      std::max({0.0, depth_debt(version, options),
                share(excess(version, shape, 0), memtable / 2, std::max(1.5 * level0_max, 4 * memtable))});
  for (uint32_t level = shape.base; level < kLastLevel; ++level) {
    const auto size_max = static_cast<double>(shape.size_max[level]);
    // A level that should be empty blocks nothing.
    if (size_max > 0) debt = std::max(debt, share(excess(version, shape, level), size_max / 2, 2 * size_max));
  }
  return debt;
}

RangeBacklog range_backlog(const Version& version, const TreeShape& options, const KeyRange& range,
                           const KeyRange& owned, Timestamp through) {
  const uint32_t base = level_shape(version, options).base;
  RangeBacklog left;
  uint64_t moved = 0;
  const auto pass = [&](Version::Run here, uint32_t below) {
    for (const TableHandle& table : here) {
      if (table->meta().oldest > through) continue;
      moved += table->meta().file_size;
      ++left.tables;
    }
    if (moved == 0) return;
    const Version::Run meets = version.overlapping(below, range);
    left.size += moved + tables_size_of(meets);
    if (below == kLastLevel) left.tables += meets.size();
  };
  pass(version.overlapping_in_level0(range), base);
  for (uint32_t level = base; level < kLastLevel; ++level) pass(version.overlapping(level, range), level + 1);
  if (moved > 0) return left;
  for (const TableHandle& table : version.overlapping(kLastLevel, range)) {
    if (intersection(owned, table->meta().bounds) == table->meta().bounds) continue;
    ++left.tables;
    left.size += table->meta().file_size;
  }
  return left;
}

std::string backlog_text(const Version& version, const TreeShape& options, size_t sealed_count,
                         size_t active_size, Merging merging) {
  const double flush = flush_debt(sealed_count, active_size, options);
  const double levels = merge_debt(version, options, merging);
  const double garbage = garbage_debt(version, options, merging);
  if (std::max({flush, levels, garbage}) == 0) return {};
  if (flush >= std::max(levels, garbage))
    return std::to_string(sealed_count) + " memtables wait for their flush: wait and try again";
  const bool on = merging == Merging::on;
  std::string text;
  if (garbage > levels) {
    text = std::to_string(version.garbage_size()) + " bytes of what value files hold are garbage";
  } else if (on) {
    text =
        "merging falls behind, by about " + std::to_string(pending_merge_size(version, options)) + " bytes";
  } else {
    text = "a read meets " + std::to_string(version.runs().size()) + " tables in level 0";
  }
  if (on) return text + ": wait and try again";
  return text + ", and merging is " + name_of(merging) + ": turn it on" +
         (may_begin_asked(merging) ? ", or compact" : "");
}

StallReason stall_reason(const Version& version, const TreeShape& options, size_t sealed_count,
                         size_t active_size, Merging merging) {
  const double merge = merge_debt(version, options, merging);
  const double garbage = garbage_debt(version, options, merging);
  const double flush = flush_debt(sealed_count, active_size, options);
  const double most = std::max({merge, garbage, flush});
  if (most <= 0) return StallReason::none;
  if (flush == most) return StallReason::memtables;
  if (garbage == most) return StallReason::garbage;
  // Where nothing is merged by itself, no level is too large.
  const bool too_deep = merging != Merging::on || depth_debt(version, options) >= merge;
  return too_deep ? StallReason::level0_depth : StallReason::merging;
}

double merge_rate(const Version& version, const TreeShape& options, size_t waiting) {
  constexpr double kRate = 64 << 20;
  constexpr double kScoreMax = 1.25;
  const LevelShape shape = level_shape(version, options);
  double score = static_cast<double>(version.runs().size()) / options.level0_slow_count();
  for (uint32_t level = 0; level < kLastLevel; ++level)
    if (shape.size_max[level] > 0)
      score = std::max(
          score, static_cast<double>(version.level_size(level)) / static_cast<double>(shape.size_max[level]));
  // One memtable waits whenever one was sealed; two, when their flush waits for a merge.
  if (score >= kScoreMax || waiting > 1) return std::numeric_limits<double>::infinity();
  // From half of the rate in a tree in shape to four times the rate at the limit, and then all.
  return score <= 1 ? kRate / 2 : kRate * (1 + 3 * share(score, 1, kScoreMax));
}

double flush_debt(size_t sealed_count, size_t active_size, const TreeShape& options) {
  const size_t most = options.sealed_memtables_max;
  if (sealed_count >= most) return 1;
  const size_t free = std::max<size_t>(1, most / 2);
  if (sealed_count < free || free == most) return 0;
  const double filled =
      std::min(1.0, static_cast<double>(active_size) / static_cast<double>(options.memtable_size));
  return share(static_cast<double>(sealed_count) + filled, static_cast<double>(free),
               static_cast<double>(most));
}

double write_rate(double debt) {
  constexpr double kRate = 64 << 20;
  if (debt <= 0) return std::numeric_limits<double>::infinity();
  if (debt >= 1) return 0;
  const double rest = 1 - debt;
  return kRate * rest * rest / debt;
}

}  // namespace coppice::engine
