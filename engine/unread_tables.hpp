// Memory that tables keep, given back by those that nobody reads.
#pragma once

#include "engine/tree_state.hpp"

namespace coppice::engine {

/// An open table keeps its filter, its index and its range deletes, for its next read. All of that counts in the block
/// cache's budget, and may take half of it; what then does not fit is read through the cache, which is slower. So
/// that it is not just the tables opened first that have room, tables that no read came to since the last call are
/// closed, if one of this tree's or, with the same cache, of another's lacked room meanwhile:
///
///     version    [ a open ] [ b open ] [ c ]          c lacks room, and nobody read b
///     the next   [ a open ] [ b      ] [ c ]          b is opened anew by its next read
///
/// Readers take no part in it: they see another version, and what b kept goes with the last view that they hold of the
/// one before it. To be called now and then, not more often than a table should be read to stay open.
/// Source: the second chance of a clock, a table at a time.
void let_go_unread(TreeState& tree);

}  // namespace coppice::engine
