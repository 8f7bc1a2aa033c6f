// Tables of entries that a test wrote down.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/table/table_builder.hpp"
#include "engine/table/table_reader.hpp"
#include "tests/support/vector_cursor.hpp"

namespace coppice::engine {

/// Builds a table of `entries`, in order, and `range_deletes`. The file is called "<number>".
inline Result<TableMeta> write_table(FileSystem& files, const TableBuilderOptions& options,
                                     const std::vector<OwnedEntry>& entries,
                                     const std::vector<RangeDelete>& range_deletes = {}) {
  COPPICE_TRY_ASSIGN(file, files.create(std::to_string(options.number)));
  TableBuilder builder(std::move(file), options);
  for (const OwnedEntry& entry : entries) COPPICE_TRY(builder.add(entry.view()));
  for (const RangeDelete& range_delete : range_deletes) builder.add_range_delete(range_delete);
  return builder.finish();
}

/// Every entry of a cursor, by next().
inline std::vector<OwnedEntry> all_entries(Cursor& cursor) {
  std::vector<OwnedEntry> entries;
  for (const Entry* entry = cursor.seek({}); entry != nullptr; entry = cursor.next())
    entries.emplace_back(*entry);
  return entries;
}

}  // namespace coppice::engine
