// The tables of every level at one moment.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "engine/values/value_file.hpp"
#include "engine/version/run_bounds.hpp"
#include "engine/version/table_handle.hpp"
#include "engine/version/version_edit.hpp"

namespace coppice::engine {

/// Whether `a` was flushed after `b`, if they overlap. Flushes come one after the other, so of two tables that
/// overlap in level 0 one lies wholly after the other in time.
bool is_newer(const TableHandle& a, const TableHandle& b);

/// A value file that tables refer to.
struct LiveValues {
  ValueFileHandle file;
  /// Bytes of it that they use; the rest is garbage.
  uint64_t live_size = 0;

  uint64_t garbage_size() const { return file->meta().values_size() - live_size; }
};

/// Frozen. Level 0 holds what was flushed, and its tables may overlap. In every other level tables ascend and do
/// not overlap. What a level says of a key is newer than what the levels below it say.
///
/// Level 0 is also seen as **runs**: as few as there can be, each of tables that ascend and do not overlap. What a
/// run says of a key is newer than what later runs say. A reader looks at one table in each run, and their count is
/// what level 0 costs it:
///
///     run 0             [ 9 )                     newest
///     run 1    [ 6 )  [  7  )  [ 8 )
///     run 2    [ 3 )  [  4  )  [ 5 )              oldest
///
/// Source: the sublevels of Pebble's level 0.
class Version {
public:
  using Level = std::vector<TableHandle>;
  using Run = std::span<const TableHandle>;

  /// Nothing in any level.
  Version() = default;
  Version(const Version&) = delete;
  Version& operator=(const Version&) = delete;
  /// These tables, put in order; `values` without those that no table refers to. Requires: tables of one level below 0 do not
  /// overlap; every file that a table refers to is among `values`, once.
  explicit Version(std::array<Level, kLevelCount> levels, const std::vector<ValueFileHandle>& values = {});

  /// Level 0: newest first, where tables overlap. The others: ascending.
  const Level& level(uint32_t index) const { return levels_[index]; }
  /// Of the tables' files and of the values that they refer to, in bytes: what the level keeps on the disk.
  uint64_t level_size(uint32_t index) const { return sizes_[index]; }
  /// Of the tables' files alone: what merging it reads and writes.
  uint64_t tables_size(uint32_t index) const { return tables_sizes_[index]; }
  /// Of level 0, newest first. Lifetime: the version's.
  const std::vector<Level>& runs() const { return runs_; }

  /// All runs, newest first: those of level 0, then each other level that has tables. What a reader of one key goes
  /// through. Lifetime: the version's.
  const std::vector<Run>& all_runs() const { return all_runs_; }
  /// The level that a run of all_runs() is of, or a part of.
  uint32_t level_of_run(size_t index) const { return run_levels_[index]; }

  /// The same of any tables of level 0. Requires: `tables` come newest first.
  static std::vector<Level> runs_of(const Level& tables);

  /// The one table of all_runs()[run] that may hold `key`, or nullptr. Lifetime: the version's.
  const TableHandle* find_table(size_t run, ByteView key) const { return run_bounds_[run].find(key); }
  /// The tables of a run that overlap `range`, ascending.
  static Run overlapping(Run run, const KeyRange& range);
  /// The same in a level below 0.
  Run overlapping(uint32_t level, const KeyRange& range) const { return overlapping(levels_[level], range); }
  /// Those of level 0, newest first.
  std::vector<TableHandle> overlapping_in_level0(const KeyRange& range) const;

  /// The files that tables refer to, by ascending number. Lifetime: the version's.
  const std::vector<LiveValues>& values() const { return values_; }
  /// Of all of them, in bytes.
  uint64_t garbage_size() const { return garbage_size_; }
  /// Nullptr: no table refers to it. Lifetime: the version's.
  const LiveValues* find_values(uint64_t number) const;

  /// This version without the tables that `edit` removes, and with `added`, whose places `edit` names in the
  /// same order, and `values`, its value files likewise. Requires: the result keeps the levels' order.
  std::shared_ptr<const Version> apply(const VersionEdit& edit, std::span<const TableHandle> added,
                                       std::span<const ValueFileHandle> values = {}) const;

private:
  Version(std::array<Level, kLevelCount> levels, std::vector<LiveValues> values);

  std::array<Level, kLevelCount> levels_;
  std::array<uint64_t, kLevelCount> sizes_{};
  std::array<uint64_t, kLevelCount> tables_sizes_{};
  std::vector<LiveValues> values_;
  uint64_t garbage_size_ = 0;
  std::vector<Level> runs_;
  std::vector<Run> all_runs_;
  std::vector<RunBounds> run_bounds_;
  std::vector<uint32_t> run_levels_;
};

}  // namespace coppice::engine
