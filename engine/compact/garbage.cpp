#include "engine/compact/garbage.hpp"

#include <algorithm>

#include "engine/compact/level_shape.hpp"
#include "engine/compact/picker.hpp"

namespace coppice::engine {
namespace {

// Of what the last level keeps: what may lie above it and as garbage, together, and as garbage at least.
constexpr double kSpaceMore = 0.32;
constexpr double kGarbageLeast = 0.08;
// Emptying goes on until so much of the limit is left.
constexpr double kLeft = 0.75;
// A merge for garbage alone takes tables that together use so many memtables of it, or are so many tables large.
constexpr uint64_t kJobMemtables = 2;
constexpr uint64_t kJobTables = 4;
// Where merges do not come by themselves: how many times more garbage there may be than at which writes are refused else.
constexpr double kFactorWithoutMerging = 8;

/// Of the files, in bytes.
uint64_t size_in(const ValueUses& uses, const std::vector<uint64_t>& files) {
  uint64_t size = 0;
  auto file = files.begin();
  for (const ValueUses::Use& use : uses.all()) {
    file = std::lower_bound(file, files.end(), use.file);
    if (file == files.end()) break;
    if (*file == use.file) size += use.size;
  }
  return size;
}

/// The lowest level that has tables; all that is kept ends up there.
uint64_t kept_size(const Version& version) {
  for (uint32_t level = kLevelCount; level-- > 0;)
    if (!version.level(level).empty()) return version.level_size(level);
  return 0;
}

/// Keeps the plan that empties most.
class Best {
public:
  Best(const std::vector<uint64_t>& files, const MergesUnderWay& under_way)
      : files_(files), under_way_(under_way) {}

  void consider(MergePlan plan) {
    const uint64_t size = size_in_files(plan, files_);
    if (size <= size_ || !is_allowed(plan, under_way_)) return;
    plan.move = false;
    size_ = size;
    plan_ = std::move(plan);
  }
  std::optional<MergePlan> take() { return std::move(plan_); }

private:
  const std::vector<uint64_t>& files_;
  const MergesUnderWay& under_way_;
  std::optional<MergePlan> plan_;
  uint64_t size_ = 0;
};

}  // namespace

uint64_t garbage_limit(const Version& version) {
  uint64_t all = 0;
  for (uint32_t level = 0; level < kLevelCount; ++level) all += version.level_size(level);
  const auto kept = static_cast<double>(kept_size(version));
  const double above = static_cast<double>(all) - kept;
  return static_cast<uint64_t>(std::max(kGarbageLeast * kept, kSpaceMore * kept - above));
}

std::vector<uint64_t> files_to_empty(const Version& version) {
  const uint64_t limit = garbage_limit(version);
  if (version.garbage_size() <= limit) return {};
  std::vector<const LiveValues*> worst;
  for (const LiveValues& values : version.values()) worst.push_back(&values);
  std::ranges::stable_sort(worst, std::greater<>(), [](const LiveValues* values) {
    return static_cast<double>(values->garbage_size()) / static_cast<double>(values->file->meta().file_size);
  });
  const auto left = static_cast<uint64_t>(kLeft * static_cast<double>(limit));
  uint64_t garbage = version.garbage_size();
  std::vector<uint64_t> files;
  for (const LiveValues* values : worst) {
    if (garbage <= left) break;
    garbage -= values->garbage_size();
    files.push_back(values->file->meta().number);
  }
  std::ranges::sort(files);
  return files;
}

std::vector<uint64_t> files_of_other_key(const Version& version, uint64_t key_id) {
  std::vector<uint64_t> files;
  for (const LiveValues& values : version.values())
    if (values.file->meta().key_id != key_id) files.push_back(values.file->meta().number);
  std::ranges::sort(files);
  return files;
}

uint64_t size_in_files(const MergePlan& plan, const std::vector<uint64_t>& files) {
  uint64_t size = 0;
  for (const auto* tables : {&plan.source, &plan.target})
    for (const TableHandle& table : *tables) size += size_in(table->meta().values, files);
  return size;
}

std::optional<MergePlan> pick_garbage(const Version& version, const TreeShape& options,
                                      const std::vector<uint64_t>& files, const MergesUnderWay& under_way,
                                      const KeyRange& range, Timestamp flushed) {
  if (files.empty()) return std::nullopt;
  Best best(files, under_way);
  const uint64_t use_max = kJobMemtables * options.memtable_size;
  const uint64_t tables_max = kJobTables * options.table_size;
  for (uint32_t level = 1; level < kLevelCount; ++level) {
    std::vector<TableHandle> row;
    uint64_t use = 0;
    const auto end_row = [&] {
      if (!row.empty()) best.consider(plan_into(version, level, level, std::exchange(row, {})));
      use = 0;
    };
    for (const TableHandle& table : version.overlapping(level, range)) {
      const uint64_t size = size_in(table->meta().values, files);
      if (size == 0 || is_busy(table, under_way)) {
        end_row();
        continue;
      }
      use += size;
      row.push_back(table);
      if (use >= use_max || tables_size_of(row) >= tables_max) end_row();
    }
    end_row();
  }
  if (auto plan = best.take()) return because(MergeReason::garbage, std::move(plan));
  // What was flushed comes down with a merge sooner or later; here nothing else is left that refers to them.
  for (const Column& column : level0_columns(version)) {
    if (!column.hull.overlaps(range)) continue;
    const bool stays =
        options.merge_policy == MergePolicy::tiered && may_stay_in_level0(column.tables, flushed);
    best.consider(plan_into(version, 0, stays ? 0 : level_shape(version, options).base, column.tables));
  }
  return because(MergeReason::garbage, best.take());
}

double garbage_debt(const Version& version, const TreeShape& options, Merging merging) {
  const auto free = static_cast<double>(2 * garbage_limit(version) + 4 * uint64_t{options.memtable_size});
  const auto garbage = static_cast<double>(version.garbage_size());
  if (merging != Merging::on) return garbage >= kFactorWithoutMerging * 2 * free ? 1 : 0;
  return std::max(0.0, garbage / free - 1);
}

}  // namespace coppice::engine
