// Where the keys of a tree lie, as its files tell without a manifest.
#pragma once

#include <vector>

#include "engine/mend/tree_files.hpp"

namespace coppice::engine {

/// The bounds of all keys that these tables and logs write to, as far as they can be read; empty: none can, or there are none.
/// invalid_argument: a file is encrypted with a key that is not among those of `env`. Blocks: on the disk, for each log as long as it is.
Result<KeyRange> key_bounds(const TreeEnv& env, const std::vector<TreeFile>& files);

}  // namespace coppice::engine
