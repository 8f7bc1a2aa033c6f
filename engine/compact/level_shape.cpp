#include "engine/compact/level_shape.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

// Of the last level, in level 0. Merging a level-0 table then rewrites about 1 / (2 * share) times its size, as the
// ranges of keys that have gathered most are merged first, at twice the average.
constexpr double kLevel0Share = 0.2;
// Of a last level of a few memtables, which would else be rewritten with every one of them.
constexpr double kLevel0ShareMax = 0.42;
// Where the last level's values lie apart: merging down rewrites little, but what newer versions hide takes as much space.
constexpr double kLevel0ShareApart = 0.08;
// Less than this part of a memtable is not merged for its space alone.
constexpr uint64_t kLevel0LeastPart = 16;

}  // namespace

LevelShape level_shape(const Version& version, const TreeShape& options) {
  uint64_t last_size = 0;
  uint64_t last_tables_size = 0;
  uint32_t first_used = kLastLevel;
  for (uint32_t level = kLastLevel; level > 0; --level) {
    if (version.level(level).empty()) continue;
    if (last_size == 0) {
      last_size = version.level_size(level);
      last_tables_size = version.tables_size(level);
    }
    first_used = level;
  }

  LevelShape shape;
  shape.size_max[kLastLevel] = UINT64_MAX;
  const uint64_t gathered = uint64_t{options.min_compaction_files} * options.memtable_size;
  const auto last = static_cast<double>(last_size);
  const auto memtable = static_cast<double>(options.memtable_size);
  const double together = last > 0 ? static_cast<double>(last_tables_size) / last : 1;
  const auto share = [&](double of_tables) {
    return of_tables * together + kLevel0ShareApart * (1 - together);
  };
  const double level0 =
      std::max(last * share(kLevel0Share), std::min(last * share(kLevel0ShareMax), memtable));
  shape.size_max[0] =
      std::clamp(static_cast<uint64_t>(level0), options.memtable_size / kLevel0LeastPart, gathered);
  uint64_t size = last_size / options.level_ratio;
  if (options.merge_policy == MergePolicy::tiered) {
    shape.size_max[0] = std::max(last_size, gathered);
    size = 0;
  }
  for (; shape.base > 1 && size > gathered; size /= options.level_ratio) shape.size_max[--shape.base] = size;
  // What an older shape left above the base must not be passed by newer versions of its keys.
  shape.base = std::min(shape.base, first_used);
  for (uint32_t level = 0; level < kLastLevel; ++level)
    shape.size_due[level] = shape.size_max[level] / 100 * options.merge_threshold_percent +
                            shape.size_max[level] % 100 * options.merge_threshold_percent / 100;
  shape.size_due[kLastLevel] = UINT64_MAX;
  return shape;
}

}  // namespace coppice::engine
