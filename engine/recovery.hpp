// Opens a tree's directory.
#pragma once

#include <memory>
#include <string>

#include "engine/tree_state.hpp"

namespace coppice::engine {

/// What Tree::open promises. The one way up: after a clean stop as after a crash.
///
///     read     manifest -> tables there? -> logs, oldest first -> files that nobody names
///     decide   damage: an error, and every file is as it was
///     write    cut the manifest's and the last log's torn ends, begin a new log, name it in the manifest
///     remove   what the manifest, now on the disk, does not name
Result<std::unique_ptr<TreeState>> recover(const TreeEnv& env, const std::string& directory,
                                           const TreeShape& options);

}  // namespace coppice::engine
