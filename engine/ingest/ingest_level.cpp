#include "engine/ingest/ingest_level.hpp"

#include <algorithm>

#include "engine/compact/level_shape.hpp"

namespace coppice::engine {

uint32_t ingest_level(const Version& version, const TreeShape& options, const KeyRange& bounds,
                      const MergesUnderWay& under_way) {
  const auto is_met = [&](const MergeUnderWay& merge) { return merge.hull.overlaps(bounds); };
  if (std::ranges::any_of(under_way, is_met)) return 0;
  if (!version.overlapping_in_level0(bounds).empty()) return 0;
  uint32_t level = 0;
  while (level < kLastLevel && version.overlapping(level + 1, bounds).empty()) ++level;
  return level >= level_shape(version, options).base ? level : 0;
}

}  // namespace coppice::engine
