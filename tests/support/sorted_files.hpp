// Sorted files for tests, and trees that take them in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ingest/sorted_file_writer.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {

/// Nothing: a remove.
using SortedItems = std::map<Bytes, std::optional<Bytes>>;

inline Status build_file(FileSystem& files, const std::string& path, const SortedItems& items,
                         const SortedFileOptions& options = {}) {
  COPPICE_TRY_ASSIGN(writer, SortedFileWriter::begin(files, path, options));
  for (const auto& [key, value] : items) COPPICE_TRY(value ? writer.put(key, *value) : writer.remove(key));
  return writer.finish().status();
}

/// What a shard does: looks at the file, flushes what overlaps it, and takes it in at the next moment.
inline Status ingest_file(FileSystem& files, TreeStand& stand, const std::string& path) {
  std::vector<OutsideTable> tables;
  COPPICE_TRY_ASSIGN(table, read_outside_table(files, path, stand.keys));
  COPPICE_TRY(check_outside_table(files, table, stand.env().cache, stand.keys));
  if (stand.tree->must_flush(table.meta.bounds)) COPPICE_TRY(stand.flush());
  tables.push_back(std::move(table));
  COPPICE_TRY_ASSIGN(ingest, stand.tree->prepare_ingest(tables));
  return stand.tree->install_ingest(std::move(ingest), stand.tick());
}

}  // namespace coppice::engine
