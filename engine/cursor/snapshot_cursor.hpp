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

/// Shows, of `entries`, the keys in `range` whose newest version at or before `at` is a put that no range
/// delete at or before `at` covers, and that has not expired; nothing for `expiry`: at `at`.
///
/// `values`: where those come from that lie apart; null: they are shown as empty.
///
/// `keep` is whatever `entries` and `range_deletes` borrow from, a pinned view for instance; it is let go
/// last. Null pointers among `range_deletes` stand for none. `dead` and `shown` outlive the cursor, or are kept by `keep`: when
/// the cursor goes it adds to the latter how many items it has shown.
std::unique_ptr<VisibleCursor> make_visible_cursor(
    std::unique_ptr<Cursor> entries, std::vector<const RangeDeletes*> range_deletes, KeyRange range,
    Timestamp at, std::shared_ptr<const void> keep, const DeadRangeAccess& dead = {},
    uint64_t* shown = nullptr, std::unique_ptr<ValueSource> values = nullptr,
    std::optional<Expiry> expiry = std::nullopt);

}  // namespace coppice::engine
