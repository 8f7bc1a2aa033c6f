// Tables in memory, and how tests read them.
#pragma once

#include <gtest/gtest.h>

#include "engine/table/bloom.hpp"
#include "engine/table/open_table.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {

class TableTest : public testing::Test {
protected:
  TableMeta write(const std::vector<OwnedEntry>& entries,
                  const std::vector<RangeDelete>& range_deletes = {}) {
    auto meta = write_table(files, options, entries, range_deletes);
    EXPECT_TRUE(meta.ok());
    return *meta;
  }

  TableReader reader(const TableMeta& meta) {
    return TableReader(files, std::to_string(meta.number), meta, cache);
  }

  /// What it finds is good until the next.
  Result<PointRead> get(const TableReader& table, ByteView key, Timestamp at,
                        const TableReadOptions& read_options) {
    return table.get(key, filter_hash(key), at, read_options, buffer);
  }

  // As users count: many keys, some of several versions, some removed.
  static std::vector<OwnedEntry> many_entries(int count) {
    std::vector<OwnedEntry> entries;
    for (int i = 0; i < count; ++i) {
      char key[16];
      std::snprintf(key, sizeof(key), "key%07d", i);
      if (i % 5 == 0) entries.emplace_back(key, 30, Kind::put, "newer" + std::to_string(i));
      entries.emplace_back(key, 20, i % 7 == 0 ? Kind::remove : Kind::put,
                           i % 7 == 0 ? "" : std::to_string(i));
    }
    return entries;
  }

  MemoryFileSystem files;
  BlockCache cache{8 << 20};
  BlockBuffer buffer;
  TableBuilderOptions options = [] {
    TableBuilderOptions some;
    some.number = 3;
    some.unique_id = 77;
    return some;
  }();
};

}  // namespace coppice::engine
