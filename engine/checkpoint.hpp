// Makes a second tree that holds what a tree holds now, sharing its tables' files.
#pragma once

#include <string>

#include "engine/tree_state.hpp"

namespace coppice::engine {

/// See Tree::checkpoint. After a failure, or a crash, what lies in `target` does not open: its manifest comes last.
Status checkpoint(TreeState& tree, const std::string& target);

}  // namespace coppice::engine
