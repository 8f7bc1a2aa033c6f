// The tables of every level at one moment.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "engine/version/table_handle.hpp"
#include "engine/version/version_edit.hpp"

namespace coppice::engine {

/// Frozen. Level 0 holds what was flushed, newest first, and its tables may overlap. In every other level
/// tables ascend and do not overlap. What a level says of a key is newer than what the levels below it say.
class Version {
public:
  using Level = std::vector<TableHandle>;

  /// Nothing in any level.
  Version() = default;
  /// These tables, put in order. Requires: tables of one level below 0 do not overlap.
  explicit Version(std::array<Level, kLevelCount> levels);

  const Level& level(uint32_t index) const { return levels_[index]; }
  /// Of the tables' files, in bytes.
  uint64_t level_size(uint32_t index) const;

  /// The one table of a level below 0 that may hold `key`, or nullptr.
  const TableHandle* find_table(uint32_t level, ByteView key) const;
  /// The tables of a level below 0 that overlap `range`, ascending.
  std::span<const TableHandle> overlapping(uint32_t level, const KeyRange& range) const;
  /// Those of level 0, newest first.
  std::vector<TableHandle> overlapping_in_level0(const KeyRange& range) const;

  /// This version without the tables that `edit` removes, and with `added`, whose places `edit` names in the
  /// same order. Requires: the result keeps the levels' order.
  std::shared_ptr<const Version> apply(const VersionEdit& edit, std::span<const TableHandle> added) const;

private:
  std::array<Level, kLevelCount> levels_;
};

}  // namespace coppice::engine
