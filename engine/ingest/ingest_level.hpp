// Where a table that is newer than all others has its place.
#pragma once

#include "engine/compact/merge_plan.hpp"
#include "engine/tree_shape.hpp"

namespace coppice::engine {

/// The lowest level in which neither it nor anything above overlaps `bounds`, so that merging has the least left to do; never one above
/// the base, where no table should be, but 0, where any may. What a merge under way will write is not known yet: if it may come to lie in
/// `bounds`, that is level 0 as well.
uint32_t ingest_level(const Version& version, const TreeShape& options, const KeyRange& bounds,
                      const MergesUnderWay& under_way);

}  // namespace coppice::engine
