// How large each level should be, from how large the last one is.
#pragma once

#include <array>

#include "engine/tree_shape.hpp"
#include "engine/version/version.hpp"

namespace coppice::engine {

inline constexpr uint32_t kLastLevel = kLevelCount - 1;

/// All that a tree keeps ends up in the last level; the levels above it hold what may be newer versions of the
/// same keys, so their share of the last level is what overwriting costs in space. Hence sizes are derived from the
/// last level upward, each level_ratio times smaller than the one below, until a level would be smaller than what
/// level 0 gathers: there is none then, and level 0 is merged into the level below, the base.
///
///     level 0   20 % of the last, or 42 % if that is less than one memtable; at least a sixteenth of a memtable, and
///               at most min_compaction_files of them; down to 8 % of the last the more of that lies in value files
///     levels 1 to base - 1   empty
///     base ... 5             a level_ratio-th of the one below each
///     level 6                everything else
///
/// Tiered, all is in level 0 and the last level, and level 0 may be as large as that.
///
/// A small tree has level 0 and the last. As it grows the base moves up; as it shrinks the base moves down, and
/// what lies above is merged downward.
///
/// Source: the dynamic level sizes of RocksDB (Dong et al., "Optimizing Space Amplification in RocksDB").
struct LevelShape {
  /// What level 0 is merged into: 1 to kLastLevel.
  uint32_t base = kLastLevel;
  /// Bytes; a larger level should be merged into the next one. 0 above the base: the level should be empty. The
  /// last level may be of any size.
  std::array<uint64_t, kLevelCount> size_max{};
  /// Bytes; at this the level is due to be merged: merge_threshold_percent of the above.
  std::array<uint64_t, kLevelCount> size_due{};
};

LevelShape level_shape(const Version& version, const TreeShape& options);

}  // namespace coppice::engine
