// The work of a tree that goes on beside its writes: sealing, flushing, merging, and how far behind it is.
// Contracts are tree.hpp's.
#pragma once

#include <span>

#include "engine/tree.hpp"
#include "engine/tree_state.hpp"

namespace coppice::engine {

Status seal_memtable(TreeState& tree);

/// Each returns nullptr when there is nothing to do, or the tree is broken or closed.
std::unique_ptr<JobState> plan_flush(TreeState& tree, std::span<const Timestamp> snapshots);
std::unique_ptr<JobState> plan_merge(TreeState& tree, std::span<const Timestamp> snapshots, MergeNeed need);
std::unique_ptr<JobState> plan_merge_range(TreeState& tree, const KeyRange& range,
                                           std::span<const Timestamp> snapshots, Timestamp through);
/// Requires: `job` was planned by `tree`.
Status install(TreeState& tree, JobState& job);

/// See Tree::clean_logs.
Status clean_logs(TreeState& tree);

bool deletes_tables(const TreeState& tree);
bool frees_with_time(const TreeState& tree);
double debt(const TreeState& tree);
StallReason stall_reason(const TreeState& tree);
TreeStats stats(const TreeState& tree);

}  // namespace coppice::engine
