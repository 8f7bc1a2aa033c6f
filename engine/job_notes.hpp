// What has become of a job, for all who count or watch.
#pragma once

#include "engine/tree_state.hpp"

namespace coppice::engine {

/// Counts, by level, what a merge that was installed read and wrote.
void note_merge(TreeState& tree, const JobState& job);

/// Tells of the end of a job that had begun, and how long it took. `tables_written`: as many as it had made, kept or not.
void note_end(const TreeState& tree, const JobState& job, uint64_t tables_written, const Status& outcome);

/// Has nothing written to the cold directory for a while, if the job found no room there.
void note_cold_room(TreeState& tree, const JobState& job);

}  // namespace coppice::engine
