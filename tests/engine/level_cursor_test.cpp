#include "engine/cursor/level_cursor.hpp"

#include <gtest/gtest.h>

#include "tests/support/cursor_model.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {
namespace {

class LevelCursorTest : public testing::Test {
protected:
  void add_table(const std::vector<OwnedEntry>& entries, const std::vector<RangeDelete>& range_deletes = {}) {
    TableBuilderOptions options;
    options.number = options.unique_id = tables.size() + 1;
    options.block_size = 64;
    const auto meta = write_table(files, options, entries, range_deletes);
    ASSERT_TRUE(meta.ok());
    tables.push_back(std::make_shared<TableReader>(files, std::to_string(options.number), *meta, cache));
  }

  // Cuts at random between keys.
  void add_tables(const std::vector<OwnedEntry>& entries, Random& random) {
    std::vector<OwnedEntry> part;
    for (const OwnedEntry& entry : entries) {
      if (!part.empty() && part.back().key != entry.key && random.one_in(15))
        add_table(std::exchange(part, {}));
      part.push_back(entry);
    }
    if (!part.empty()) add_table(part);
  }

  MemoryFileSystem files;
  BlockCache cache{8 << 20};
  std::vector<std::shared_ptr<const TableReader>> tables;
};

TEST_F(LevelCursorTest, MovesLikeAllEntriesInOneVector) {
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    tables.clear();
    const auto entries = random_entries(random, random.below(300), 4, 10);
    BlockCache fresh(1 << 20);
    add_tables(entries, random);
    const auto cursor = make_level_cursor(tables, {.cached_only = false, .fill_cache = false});
    expect_moves_like(*cursor, entries, random, 300);
    ASSERT_TRUE(cursor->status().ok());
  }
}

TEST_F(LevelCursorTest, OpensOnlyWhereItWalks) {
  for (const char* key : {"a", "b", "c", "d"}) add_table({{key, 1}});
  const uint64_t before = files.operation_count();

  const auto cursor = make_level_cursor(tables, {});
  EXPECT_EQ(cursor->seek({"c", kTimestampMax})->key, "c");
  const uint64_t one = files.operation_count() - before;
  EXPECT_EQ(cursor->next()->key, "d");

  EXPECT_EQ(files.operation_count() - before, 2 * one);
}

TEST_F(LevelCursorTest, PassesTablesThatHoldNoEntries) {
  add_table({{"a", 1}});
  add_table({}, {{"b", "c", false, Timestamp{2}}});
  add_table({{"d", 1}});
  const auto cursor = make_level_cursor(tables, {});
  EXPECT_EQ(cursor->seek({"b", kTimestampMax})->key, "d");
  EXPECT_EQ(cursor->prev()->key, "a");
  EXPECT_EQ(cursor->next()->key, "d");
}

TEST_F(LevelCursorTest, CrossesADeleteWithoutOpeningOlderTables) {
  for (const char* key : {"a", "b", "c", "d"}) add_table({{key, 1}});
  const uint64_t before = files.operation_count();
  const auto cursor = make_level_cursor(tables, {});
  ASSERT_EQ(cursor->seek({})->key, "a");
  const uint64_t one = files.operation_count() - before;

  EXPECT_EQ(cursor->next_past({"d", kTimestampMax}, Timestamp{2})->key, "d");
  EXPECT_EQ(files.operation_count() - before, 2 * one);
  EXPECT_EQ(cursor->prev_past({"b", kTimestampMax}, Timestamp{2})->key, "a");
  EXPECT_EQ(files.operation_count() - before, 2 * one);
}

TEST_F(LevelCursorTest, CrossingADeleteStopsAtAnythingNewer) {
  add_table({{"a", 1}});
  add_table({{"b", 5}});
  add_table({{"c", 1}});
  add_table({{"d", 1}});
  const auto cursor = make_level_cursor(tables, {});
  ASSERT_EQ(cursor->seek({})->key, "a");
  EXPECT_EQ(cursor->next_past({"d", kTimestampMax}, Timestamp{3})->key, "b");
  EXPECT_EQ(cursor->next_past({"d", kTimestampMax}, Timestamp{3})->key, "d");
}

TEST_F(LevelCursorTest, DamageInOneTableStopsIt) {
  add_table({{"a", 1}});
  add_table({{"b", 1}});
  files.flip_bit("2", 0);
  const auto cursor = make_level_cursor(tables, {});
  ASSERT_EQ(cursor->seek({})->key, "a");
  EXPECT_EQ(cursor->next(), nullptr);
  EXPECT_EQ(cursor->status().error().code, Errc::corruption);
  EXPECT_EQ(cursor->seek({}), nullptr);
}

}  // namespace
}  // namespace coppice::engine
