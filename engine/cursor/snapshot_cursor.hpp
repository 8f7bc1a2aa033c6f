// Turns versions and range deletes into what a user sees at one moment.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/cursor/cursor.hpp"
#include "engine/cursor/dead_run.hpp"
#include "engine/cursor/expiry.hpp"
#include "engine/cursor/value_source.hpp"
#include "engine/cursor/visible_cursor.hpp"

namespace coppice::engine {

class RangeDeletes;

/// What became of a cursor.
struct CursorEnd {
  uint64_t items_shown = 0;
  Status status = success();
};

/// Shows, of `entries`, the keys in `range` whose newest version at or before `at` is a put that no range
/// delete at or before `at` covers, and that has not expired; nothing for `expiry`: at `at`.
///
/// `values`: where those come from that lie apart; null: they are shown as empty.
///
/// `keep` is whatever `entries` and `range_deletes` borrow from, a pinned view for instance; it is let go
/// last. Null pointers among `range_deletes` stand for none. `dead` and `end` outlive the cursor, or are kept by `keep`: when the
/// cursor goes it leaves in the latter what it has shown.
std::unique_ptr<VisibleCursor> make_visible_cursor(std::unique_ptr<Cursor> entries,
                                                   std::vector<const RangeDeletes*> range_deletes,
                                                   KeyRange range, Timestamp at,
                                                   std::shared_ptr<const void> keep,
                                                   const DeadRangeAccess& dead = {}, CursorEnd* end = nullptr,
                                                   std::unique_ptr<ValueSource> values = nullptr,
                                                   std::optional<Expiry> expiry = std::nullopt);

}  // namespace coppice::engine
