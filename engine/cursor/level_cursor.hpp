// The tables of one level seen as one cursor.
#pragma once

#include <memory>
#include <span>

#include "engine/cursor/cursor.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

/// Walks the entries of `tables`, opening each only when the walk comes to it.
/// Requires: their bounds ascend and do not overlap. Lifetime: what the span refers to outlives the cursor.
std::unique_ptr<Cursor> make_level_cursor(std::span<const std::shared_ptr<const TableReader>> tables,
                                          const TableReadOptions& options);

}  // namespace coppice::engine
