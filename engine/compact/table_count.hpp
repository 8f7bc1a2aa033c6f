// How many tables a tree may have, and how it comes to have fewer.
#pragma once

#include <optional>

#include "engine/compact/merge_plan.hpp"
#include "engine/tree_shape.hpp"

namespace coppice::engine {

uint64_t table_count(const Version& version);

/// Bytes: how large the tables of a merge become, about. The last level has a few of them at least, so that a small tree
/// too has columns to choose from; and none is larger than TreeShape::table_size, but in a tree so large that max_sstables
/// would not hold it: then so large that half of max_sstables would.
uint64_t table_size_of(const Version& version, const TreeShape& options);

/// If there are more tables than max_sstables: the merge that reads the fewest bytes for each table fewer there will be, of a
/// column of level 0 or of neighbours in another level. Those of the last level become larger tables there, all others go one
/// level down; and from as many tables at most half as many come, so that merges for the sake of their number come to an end.
/// Nothing: there are not too many, or no merge makes them fewer.
std::optional<MergePlan> pick_fewer(const Version& version, const TreeShape& options, uint32_t base,
                                    const MergesUnderWay& under_way);

}  // namespace coppice::engine
