// Many cursors seen as one.
#pragma once

#include <memory>
#include <vector>

#include "engine/cursor/cursor.hpp"

namespace coppice::engine {

/// Walks the entries of all children in internal order. Where children hold the same position the earlier
/// child's comes first (so give the newest source first), and going back visits exactly the reverse.
///
/// The failure of any child is the merge's: an answer from the others alone could show what the failed one
/// hides. With one child, or none, the result is as cheap as that.
std::unique_ptr<Cursor> make_merge_cursor(std::vector<std::unique_ptr<Cursor>> children);

}  // namespace coppice::engine
