// Tables whose blocks are compressed with a dictionary of their own, and trees that choose compression by level.
#include <cstdio>

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/bloom.hpp"
#include "engine/table/compression.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

constexpr Timestamp kLater{9};

Bytes key_of(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "key%08llu", static_cast<unsigned long long>(number));
  return text;
}
Bytes row_of(uint64_t number) {
  return "{\"order\": " + std::to_string(mix(number) % 100'000) + ", \"status\": \"" +
         (number % 3 == 0 ? "delivered" : "under way") + "\", \"customer\": \"" +
         std::to_string(mix(number + 7)) + "\", \"currency\": \"EUR\", \"returned\": false}";
}

class TableDictionaryTest : public ::testing::Test {
protected:
  TableDictionaryTest() {
    options.number = 3;
    options.unique_id = 77;
    options.compression = Compression::zstd;
  }
  TableMeta write(uint64_t count) {
    entries.clear();
    for (uint64_t i = 0; i < count; ++i) entries.emplace_back(key_of(i), 5, Kind::put, row_of(i));
    auto meta = write_table(files, options, entries);
    EXPECT_TRUE(meta.ok());
    return *meta;
  }
  Footer footer() const {
    const Bytes content = files.content("3");
    return *decode_footer(ByteView(content).substr(content.size() - kFooterSize), content.size());
  }
  Status get_all(const TableMeta& meta) {
    BlockCache fresh(1 << 20);
    const TableReader table(files, "3", meta, fresh);
    for (size_t i = 0; i < entries.size(); i += 7) {
      const OwnedEntry& entry = entries[i];
      COPPICE_TRY_ASSIGN(read, table.get(entry.key, filter_hash(entry.key), kLater, {}, buffer));
      EXPECT_TRUE(read.found);
      EXPECT_EQ(read.value, entry.value);
    }
    return success();
  }

  MemoryFileSystem files;
  BlockBuffer buffer;
  TableBuilderOptions options;
  std::vector<OwnedEntry> entries;
};

TEST_F(TableDictionaryTest, TakesLessSpaceAndHoldsWhatWasPutIn) {
  const TableMeta with = write(10'000);
  EXPECT_FALSE(footer().dictionary.absent());
  EXPECT_TRUE(get_all(with).ok());
  BlockCache cache(8 << 20);
  const TableReader table(files, "3", with, cache);
  EXPECT_EQ(all_entries(*table.cursor({})), entries);
  const auto check = table.verify();
  ASSERT_TRUE(check.ok()) << to_string(check.error());
  EXPECT_EQ(check->bytes, with.file_size);

  options.compression = Compression::none;
  const TableMeta plain = write(10'000);
  EXPECT_TRUE(footer().dictionary.absent());
  EXPECT_LT(with.file_size * 3, plain.file_size);
}

TEST_F(TableDictionaryTest, CountsInTheBudgetWhileTheTableIsOpen) {
  const TableMeta meta = write(10'000);
  BlockCache cache(8 << 20);
  {
    const TableReader table(files, "3", meta, cache);
    ASSERT_TRUE(table.get(key_of(0), filter_hash(key_of(0)), kLater, {}, buffer).ok());
    EXPECT_GT(cache.stats().reserved, kDictionarySize);
  }
  EXPECT_EQ(cache.stats().reserved, 0u);
}

TEST_F(TableDictionaryTest, ATableAroundTheSizeOfASampleIsWholeWithOrWithoutOne) {
  options.filter_rate = 0;
  for (const uint64_t count : {1u, 10u, 300u, 550u, 700u, 1'800u, 2'100u, 2'500u}) {
    const TableMeta meta = write(count);
    BlockCache cache(8 << 20);
    const TableReader table(files, "3", meta, cache);
    EXPECT_EQ(all_entries(*table.cursor({})), entries) << count;
    EXPECT_TRUE(table.verify().ok()) << count;
    EXPECT_EQ(footer().dictionary.absent(), count < 500) << count;
  }
}

TEST_F(TableDictionaryTest, ADamagedDictionaryIsAnErrorThatNamesIt) {
  const TableMeta meta = write(3'000);
  const BlockHandle handle = footer().dictionary;
  ASSERT_FALSE(handle.absent());
  for (uint64_t at = handle.offset; at < handle.offset + handle.size + kBlockTrailerSize; at += 61) {
    files.flip_bit("3", 8 * at + at % 8);
    const Status read = get_all(meta);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, Errc::corruption);
    EXPECT_EQ(read.error().text.find("3 at " + std::to_string(handle.offset) + ":"), 0u) << read.error().text;
    files.flip_bit("3", 8 * at + at % 8);
  }
  EXPECT_TRUE(get_all(meta).ok());
}

// Who writes a file on purpose writes its checksums too.
TEST_F(TableDictionaryTest, ADictionaryWithTheRightChecksumMayHoldAnything) {
  const TableMeta meta = write(3'000);
  const BlockHandle handle = footer().dictionary;
  const Bytes whole = files.content("3");
  for (uint64_t at = 0; at < handle.size; at += at < 64 ? 1 : 211) {
    Bytes content = whole;
    content[handle.offset + at] = static_cast<char>(content[handle.offset + at] ^ 0xff);
    Bytes sum;
    put_fixed<uint64_t>(sum, checksum(ByteView(content).substr(handle.offset, handle.size + 1),
                                      block_seed(options.unique_id, handle.offset)));
    content.replace(handle.offset + handle.size + 1, sum.size(), sum);
    files.set_content("3", content);
    BlockCache fresh(1 << 20);
    const TableReader table(files, "3", meta, fresh);
    for (size_t i = 0; i < entries.size(); i += 500) {
      const auto read = table.get(entries[i].key, filter_hash(entries[i].key), kLater, {}, buffer);
      EXPECT_TRUE(read.ok() || read.error().code == Errc::corruption) << to_string(read.error());
    }
  }
}

class LevelCompressionTest : public ::testing::Test {
protected:
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  /// Of the first block in the first table.
  Compression compression_of_table() {
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names) {
      if (!name.ends_with(".sst")) continue;
      const Bytes content = files.content(stand.path(name));
      const auto footer =
          decode_footer(ByteView(content).substr(content.size() - kFooterSize), content.size());
      EXPECT_TRUE(footer.ok());
      if (!footer->dictionary.absent()) return Compression::zstd_dictionary;
      // Rows lie open where nothing is compressed.
      return content.find(row_of(1)) == Bytes::npos ? Compression::lz4 : Compression::none;
    }
    ADD_FAILURE() << "no table";
    return Compression::none;
  }
  void fill(uint64_t from, uint64_t count) {
    for (uint64_t i = from; i < from + count; ++i) ok(stand.put(key_of(i), row_of(i)));
  }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_F(LevelCompressionTest, TablesOfEachLevelAreMadeAsItsEntrySays) {
  stand.options.memtable_size = 16 << 20;
  stand.options.table_size = 4 << 20;
  stand.options.compression = {Compression::none, Compression::zstd};
  ok(stand.create());
  ok(stand.open());
  fill(0, 20'000);
  ok(stand.flush());
  const uint64_t flushed = stand.tree->stats().levels[0].size;
  EXPECT_EQ(compression_of_table(), Compression::none);
  // Met by others below, it is rewritten on its way down.
  ok(stand.compact());
  fill(0, 20'000);
  ok(stand.compact());
  EXPECT_EQ(compression_of_table(), Compression::zstd_dictionary);
  EXPECT_LT(stand.tree->stats().levels.back().size * 2, flushed);
  EXPECT_EQ(stand.items().size(), 20'000u);
  const auto report = stand.reader->verify({});
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->problems.empty());
}

TEST_F(LevelCompressionTest, ATableThatIsMovedStaysWhatItIs) {
  stand.options.memtable_size = 1 << 20;
  stand.options.table_size = 4 << 20;
  stand.options.compression = {Compression::none, Compression::zstd};
  ok(stand.create());
  ok(stand.open());
  fill(0, 2'000);
  ok(stand.flush());
  const uint64_t flushed = stand.tree->stats().levels[0].size;
  ok(stand.compact());
  EXPECT_EQ(stand.tree->stats().levels.back().size, flushed);
}

TEST_F(LevelCompressionTest, WhatIsNoListOfCompressionsIsRefused) {
  ok(stand.create());
  for (const std::vector<Compression>& bad :
       {std::vector<Compression>{}, std::vector<Compression>(8, Compression::lz4),
        std::vector<Compression>{Compression::zstd_dictionary}}) {
    stand.options.compression = bad;
    const Status opened = stand.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace coppice::engine
