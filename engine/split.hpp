// Makes two trees of one, sharing its tables' files.
#pragma once

#include "engine/tree.hpp"
#include "engine/tree_state.hpp"

namespace coppice::engine {

/// See Tree::split. The children are on the disk, with their directories' names, when it succeeds; after a
/// failure they are worthless, and their directories are the caller's to remove.
Status split(const TreeState& tree, ByteView key, const SplitHalf& left, const SplitHalf& right);

}  // namespace coppice::engine
