#include "engine/version/version.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

bool ends_before(const TableHandle& table, ByteView key) {
  const auto& end = table->meta().bounds.end;
  return end && *end <= key;
}

void put_in_order(uint32_t index, Version::Level& level) {
  if (index == 0) {
    std::ranges::sort(level, is_newer);
    return;
  }
  std::ranges::sort(level, {},
                    [](const TableHandle& table) -> const Bytes& { return table->meta().bounds.begin; });
  for (size_t place = 1; place < level.size(); ++place)
    COPPICE_CHECK(ends_before(level[place - 1], level[place]->meta().bounds.begin));
}

uint64_t number_of(const LiveValues& values) { return values.file->meta().number; }

/// `values` ascend, and hold every file that the table refers to.
template <class Change>
void change_uses(std::vector<LiveValues>& values, const TableHandle& table, Change&& change) {
  for (const ValueUses::Use& use : table->meta().values.all()) {
    const auto found = std::ranges::lower_bound(values, use.file, {}, number_of);
    COPPICE_CHECK(found != values.end() && number_of(*found) == use.file);
    change(*found, use.size);
  }
}

void add_uses(std::vector<LiveValues>& values, const TableHandle& table) {
  change_uses(values, table, [](LiveValues& of, uint64_t size) {
    COPPICE_CHECK(size <= of.garbage_size());
    of.live_size += size;
  });
}

std::vector<LiveValues> uses_of(const std::array<Version::Level, kLevelCount>& levels,
                                const std::vector<ValueFileHandle>& files) {
  std::vector<LiveValues> values;
  for (const ValueFileHandle& file : files) values.push_back({file, 0});
  std::ranges::sort(values, {}, number_of);
  for (const Version::Level& level : levels)
    for (const TableHandle& table : level) add_uses(values, table);
  return values;
}

}  // namespace

bool is_newer(const TableHandle& a, const TableHandle& b) {
  return std::pair(a->meta().newest, a->meta().number) > std::pair(b->meta().newest, b->meta().number);
}

Version::Version(std::array<Level, kLevelCount> levels, const std::vector<ValueFileHandle>& values)
    : Version(levels, uses_of(levels, values)) {}

Version::Version(std::array<Level, kLevelCount> levels, std::vector<LiveValues> values)
    : levels_(std::move(levels)), values_(std::move(values)) {
  // Every value takes some bytes, so a file that is used has some in use.
  std::erase_if(values_, [](const LiveValues& each) { return each.live_size == 0; });
  for (const LiveValues& each : values_) garbage_size_ += each.garbage_size();
  for (uint32_t index = 0; index < kLevelCount; ++index) {
    put_in_order(index, levels_[index]);
    for (const TableHandle& table : levels_[index]) {
      sizes_[index] += table->meta().full_size();
      tables_sizes_[index] += table->meta().file_size;
    }
  }
  runs_ = runs_of(levels_[0]);
  all_runs_.assign(runs_.begin(), runs_.end());
  run_levels_.assign(runs_.size(), 0);
  for (uint32_t index = 1; index < kLevelCount; ++index) {
    if (levels_[index].empty()) continue;
    all_runs_.emplace_back(levels_[index]);
    run_levels_.push_back(index);
  }
  run_bounds_.reserve(all_runs_.size());
  for (const Run run : all_runs_) run_bounds_.emplace_back(run);
}

// Each table, oldest first, goes into the run above the highest that it overlaps.
std::vector<Version::Level> Version::runs_of(const Level& tables) {
  std::vector<Level> runs;
  for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
    const KeyRange& bounds = (*table)->meta().bounds;
    size_t above = runs.size();
    while (above > 0 && overlapping(runs[above - 1], bounds).empty()) --above;
    if (above == runs.size()) runs.emplace_back();
    Level& run = runs[above];
    run.insert(std::ranges::partition_point(
                   run, [&](const TableHandle& other) { return ends_before(other, bounds.begin); }),
               *table);
  }
  std::ranges::reverse(runs);
  return runs;
}

Version::Run Version::overlapping(Run run, const KeyRange& range) {
  const auto first = std::ranges::partition_point(
      run, [&](const TableHandle& table) { return ends_before(table, range.begin); });
  const auto last = std::find_if(first, run.end(), [&](const TableHandle& table) {
    return range.end && table->meta().bounds.begin >= *range.end;
  });
  return {first, last};
}

std::vector<TableHandle> Version::overlapping_in_level0(const KeyRange& range) const {
  std::vector<TableHandle> found;
  std::ranges::copy_if(levels_[0], std::back_inserter(found),
                       [&](const TableHandle& table) { return table->meta().bounds.overlaps(range); });
  return found;
}

const LiveValues* Version::find_values(uint64_t number) const {
  const auto found = std::ranges::lower_bound(values_, number, {}, number_of);
  return found != values_.end() && number_of(*found) == number ? &*found : nullptr;
}

std::shared_ptr<const Version> Version::apply(const VersionEdit& edit, std::span<const TableHandle> added,
                                              std::span<const ValueFileHandle> values) const {
  COPPICE_CHECK(edit.added.size() == added.size());
  COPPICE_CHECK(edit.value_files.size() == values.size());
  std::array<Level, kLevelCount> levels = levels_;
  std::vector<LiveValues> live = values_;
  for (const ValueFileHandle& file : values) live.push_back({file, 0});
  std::ranges::sort(live, {}, number_of);
  for (const VersionEdit::Removed& removed : edit.removed) {
    const auto is_it = [&](const TableHandle& table) { return table->meta().number == removed.number; };
    Level& level = levels[removed.level];
    const auto found = std::ranges::find_if(level, is_it);
    COPPICE_CHECK(found != level.end());
    change_uses(live, *found, [](LiveValues& of, uint64_t size) { of.live_size -= size; });
    level.erase(found);
  }
  for (size_t index = 0; index < added.size(); ++index) {
    COPPICE_CHECK(added[index]->meta() == edit.added[index].table);
    add_uses(live, added[index]);
    levels[edit.added[index].level].push_back(added[index]);
  }
  // The constructor is private.
  return std::shared_ptr<const Version>(new Version(std::move(levels), std::move(live)));
}

}  // namespace coppice::engine
