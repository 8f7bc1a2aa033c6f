// From a merge's plan to a job: what each part of it reads, where it writes, and which value files it empties.
#pragma once

#include "engine/tree_state.hpp"

namespace coppice::engine {

/// Gives the job the plan, and enters it as under way. `memtable_size`: bytes that come from the job's memtable besides.
void set_plan(TreeState& tree, JobState& job, MergePlan plan, uint64_t memtable_size);

/// Has the job empty the value files that are to be emptied, if each part of it meets `use_least` bytes of them or more; and
/// those whose values belong elsewhere. Requires: set_plan() came before.
void set_emptied(const TreeState& tree, JobState& job, uint64_t use_least);

}  // namespace coppice::engine
