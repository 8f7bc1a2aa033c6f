#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/memory/range_deletes.hpp"
#include "tests/engine/table_fixture.hpp"
#include "tests/support/cursor_model.hpp"

namespace coppice::engine {
namespace {

TEST_F(TableTest, HoldsWhatWasPutInForward) {
  for (const Compression compression : {Compression::none, Compression::lz4, Compression::zstd}) {
    options.compression = compression;
    ++options.unique_id;
    const auto entries = many_entries(5'000);
    const TableMeta meta = write(entries);
    const TableReader table = reader(meta);

    const auto cursor = table.cursor({});
    EXPECT_EQ(all_entries(*cursor), entries);
    EXPECT_TRUE(cursor->status().ok());
  }
}

TEST_F(TableTest, MovesLikeAVectorOfItsEntries) {
  Random random(5);
  options.block_size = 64;
  for (int round = 0; round < 30; ++round) {
    ++options.unique_id;
    options.compression = static_cast<Compression>(round % 3);
    const auto entries = random_entries(random, 1 + random.below(1'000), 6, 10);
    const TableMeta meta = write(entries);
    const TableReader table = reader(meta);

    const auto cursor = table.cursor({});
    expect_moves_like(*cursor, entries, random, 500);
    ASSERT_TRUE(cursor->status().ok());
  }
}

TEST_F(TableTest, GetsTheNewestVersionUpToAMoment) {
  Random random(6);
  options.block_size = 64;
  const auto entries = random_entries(random, 2'000, 5, 10);
  const TableMeta meta = write(entries);
  const TableReader table = reader(meta);
  for (int i = 0; i < 3'000; ++i) {
    Bytes key(1 + random.below(5), 'a');
    for (char& c : key) c = static_cast<char>('a' + random.below(4));
    const Timestamp at{random.below(12)};
    VectorCursor model(entries);
    const Entry* want = model.seek({key, at});

    const auto got = get(table, key, at, {});
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(got->found, want != nullptr && want->key == key) << key << "@" << at.raw;
    if (!got->found) continue;
    EXPECT_EQ(got->commit, want->commit);
    EXPECT_EQ(got->kind, want->kind);
    EXPECT_EQ(got->value, want->value);
  }
}

// As where a forged footer names a block as the filter that was read as something else before.
TEST_F(TableTest, WhatTheCacheHasInTheFiltersPlaceIsNoFilterForThat) {
  options.filter_rate = 0.01;
  const auto entries = many_entries(100);
  const TableMeta meta = write(entries);
  const Bytes content = files.content("3");
  const auto footer = decode_footer(ByteView(content).substr(content.size() - kFooterSize), content.size());
  ASSERT_TRUE(footer.ok());
  cache.insert({meta.unique_id, footer->filter.offset}, "no filter");

  const TableReader table = reader(meta);
  for (const OwnedEntry& entry : entries) {
    const auto got = get(table, entry.key, Timestamp{entry.commit}, {});
    ASSERT_TRUE(got.ok());
    ASSERT_TRUE(got->found) << entry.key;
  }
}

TEST_F(TableTest, LongKeysMakeTheIndexGrowToAnyHeight) {
  options.block_size = 1'024;
  std::vector<OwnedEntry> entries;
  // Threes that have much in common with each other, and little with others: most separators are long and share little.
  for (int i = 0; i < 600; ++i)
    entries.emplace_back(std::to_string(1'000 + i / 3) + Bytes(10'000, 'k') + static_cast<char>('a' + i % 3),
                         5);
  const TableMeta meta = write(entries);
  const auto open = OpenTable::open(files, "3", meta, cache);
  ASSERT_TRUE(open.ok());
  EXPECT_GE((*open)->footer.height, 4u);

  const TableReader table = reader(meta);
  EXPECT_EQ(all_entries(*table.cursor({})), entries);
  EXPECT_TRUE(get(table, entries[371].key, kTimestampMax, {})->found);
  EXPECT_TRUE(table.verify().ok());
}

TEST_F(TableTest, ValuesLargerThanABlockStayWhole) {
  const std::vector<OwnedEntry> entries{
      {"a", 1, Kind::put, "small"}, {"b", 1, Kind::put, Bytes(300'000, 'v')}, {"c", 1, Kind::put, ""}};
  const TableReader table = reader(write(entries));
  EXPECT_EQ(all_entries(*table.cursor({})), entries);
  EXPECT_EQ(get(table, "b", kTimestampMax, {})->value.size(), 300'000u);
}

TEST_F(TableTest, SaysWhatItHolds) {
  const TableMeta meta = write({{"b", 9, Kind::put, "v"}, {"d", 4, Kind::remove}},
                               {{"a", "c", false, Timestamp{12}}, {"c", "d", false, Timestamp{3}}});
  EXPECT_EQ(meta.number, 3u);
  EXPECT_EQ(meta.unique_id, 77u);
  EXPECT_EQ(meta.file_size, files.content("3").size());
  EXPECT_EQ(meta.bounds, (KeyRange{"a", Bytes("d\0", 2)}));
  EXPECT_EQ(meta.entry_count, 2u);
  EXPECT_EQ(meta.delete_count, 1u);
  EXPECT_EQ(meta.range_delete_count, 2u);
  EXPECT_EQ(meta.oldest, Timestamp{3});
  EXPECT_EQ(meta.newest, Timestamp{12});
}

TEST_F(TableTest, MayHoldRangeDeletesAlone) {
  const TableMeta meta = write({}, {{"m", "", true, Timestamp{5}}, {"c", "f", false, Timestamp{7}}});
  EXPECT_EQ(meta.bounds, (KeyRange{"c", std::nullopt}));
  const TableReader table = reader(meta);

  EXPECT_EQ(table.cursor({})->seek({}), nullptr);
  EXPECT_EQ(table.cursor({})->seek_last(), nullptr);
  EXPECT_FALSE(get(table, "d", kTimestampMax, {})->found);
  const auto deletes = table.range_deletes({});
  ASSERT_TRUE(deletes.ok());
  EXPECT_EQ((*deletes)->newest_covering("d", kTimestampMax), Timestamp{7});
  EXPECT_EQ((*deletes)->newest_covering("z", kTimestampMax), Timestamp{5});
  EXPECT_TRUE(table.verify().ok());
}

TEST_F(TableTest, TheFilterKeepsAbsentKeysFromTheBlocks) {
  const TableReader table = reader(write(many_entries(2'000)));
  ASSERT_FALSE(get(table, "no such key", kTimestampMax, {})->found);
  const uint64_t before = files.operation_count();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(get(table, "absent" + std::to_string(i), kTimestampMax, {}).ok());
  EXPECT_LE(files.operation_count() - before, 5u);
}

TEST_F(TableTest, CachedReadsNeverTouchTheDisk) {
  const auto entries = many_entries(2'000);
  const TableReader table = reader(write(entries));
  const TableReadOptions cached{true, true};
  EXPECT_EQ(get(table, entries[500].key, kTimestampMax, cached).error().code, Errc::would_block);
  ASSERT_TRUE(get(table, entries[500].key, kTimestampMax, {})->found);

  const uint64_t before = files.operation_count();
  EXPECT_TRUE(get(table, entries[500].key, kTimestampMax, cached)->found);
  EXPECT_EQ(get(table, entries[1'900].key, kTimestampMax, cached).error().code, Errc::would_block);
  const auto cursor = table.cursor(cached);
  EXPECT_EQ(cursor->seek({}), nullptr);
  EXPECT_EQ(cursor->status().error().code, Errc::would_block);
  EXPECT_EQ(files.operation_count(), before);
}

TEST_F(TableTest, ReadsThatComeOnceMayLeaveTheCacheAlone) {
  const TableReader table = reader(write(many_entries(2'000)));
  all_entries(*table.cursor({.cached_only = false, .fill_cache = false}));
  EXPECT_EQ(cache.stats().blocks, 0u);
}

TEST_F(TableTest, AMissingFileIsTriedAgain) {
  const TableMeta meta = write(many_entries(10));
  const TableReader table = reader(meta);
  const Bytes content = files.content("3");
  files.set_content("3", "");
  EXPECT_EQ(get(table, "key0000001", kTimestampMax, {}).error().code, Errc::corruption);
  files.set_content("3", content);
  EXPECT_TRUE(get(table, "key0000001", kTimestampMax, {})->found);
}

TEST_F(TableTest, CrossingADeleteLeavesOutAnOlderTable) {
  options.block_size = 256;
  const auto entries = many_entries(5'000);
  const TableReader table = reader(write(entries));
  const auto cursor = table.cursor({});
  ASSERT_NE(cursor->seek({}), nullptr);
  const uint64_t before = files.operation_count();
  EXPECT_EQ(cursor->next_past({"key0004000", kTimestampMax}, Timestamp{31})->key, "key0004000");
  EXPECT_LE(files.operation_count() - before, 2u);
  EXPECT_EQ(cursor->prev_past({"key0000001", kTimestampMax}, Timestamp{31})->key, "key0000000");
}

TEST_F(TableTest, CrossingADeleteReadsATableThatMayBeNewer) {
  const TableReader table = reader(write(many_entries(100)));
  const auto cursor = table.cursor({});
  ASSERT_NE(cursor->seek({}), nullptr);
  EXPECT_EQ(cursor->next_past({"key0000090", kTimestampMax}, Timestamp{30})->key, "key0000000");
}

TEST_F(TableTest, ManyThreadsMayOpenItAtOnce) {
  const auto entries = many_entries(500);
  const TableMeta meta = write(entries);
  for (int round = 0; round < 20; ++round) {
    const TableReader table = reader(meta);
    std::atomic<size_t> found{0};
    std::vector<std::thread> threads;
    for (size_t i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        BlockBuffer own;
        const auto got =
            table.get(entries[i].key, filter_hash(entries[i].key), Timestamp{entries[i].commit}, {}, own);
        if (got.ok() && got->found && got->value == entries[i].value) ++found;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(found, threads.size());
  }
}

TEST_F(TableTest, AVerificationCountsWhatItRead) {
  const auto entries = many_entries(1'000);
  const TableMeta meta = write(entries);
  const auto check = reader(meta).verify();
  ASSERT_TRUE(check.ok());
  EXPECT_EQ(check->entries, entries.size());
  EXPECT_EQ(check->bytes, meta.file_size);
  EXPECT_GT(check->blocks, 5u);
}

}  // namespace
}  // namespace coppice::engine
