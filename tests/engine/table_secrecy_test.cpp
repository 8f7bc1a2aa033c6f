// Tables that are encrypted.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/memory/range_deletes.hpp"
#include "engine/table/bloom.hpp"
#include "engine/table/open_table.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

class TableSecrecyTest : public ::testing::Test {
protected:
  TableSecrecyTest() {
    options.number = 3;
    options.unique_id = 77;
    options.block_size = 1024;
    options.keys = ring('a');
    for (int i = 10'000; i < 12'000; ++i) {
      const Bytes number = std::to_string(i);
      entries.emplace_back("secret-key-" + number, 20, Kind::put, "secret-value-" + number);
    }
  }

  TableMeta write() {
    auto meta = write_table(files, options, entries, {{"secret-key-5", "secret-key-6", false, Timestamp{9}}});
    EXPECT_TRUE(meta.ok());
    return *meta;
  }
  Bytes content() { return content_of(files, "3"); }

  /// The bytes of one block, and the checksum that they should have.
  void forge(const BlockHandle& handle, const std::function<void(Bytes& file, size_t begin)>& change) {
    Bytes file = content();
    change(file, handle.offset);
    const ByteView checked = ByteView(file).substr(handle.offset, handle.size + 1);
    store_fixed(file.data() + handle.offset + checked.size(),
                checksum(checked, block_seed(options.unique_id, handle.offset)));
    overwrite(files, "3", file);
  }

  /// The data blocks, in their order.
  std::vector<BlockHandle> blocks(const TableMeta& meta) {
    std::vector<BlockHandle> handles;
    const auto table = OpenTable::open(files, "3", meta, cache, options.keys);
    EXPECT_TRUE(table.ok());
    for (uint64_t offset = 0; offset < (*table)->footer.root.offset && handles.size() < 30;) {
      const auto size = find_size(offset);
      handles.push_back({offset, size});
      offset += size + kBlockTrailerSize;
    }
    return handles;
  }

  MemoryFileSystem files;
  BlockCache cache{8 << 20};
  TableBuilderOptions options;
  std::vector<OwnedEntry> entries;

private:
  /// Of the block that begins there: only one size has the right checksum.
  uint32_t find_size(uint64_t offset) {
    const Bytes file = content();
    for (uint32_t size = 1; offset + size + kBlockTrailerSize <= file.size(); ++size)
      if (load_fixed<uint64_t>(file.data() + offset + size + 1) ==
          checksum(ByteView(file).substr(offset, size + 1), block_seed(options.unique_id, offset)))
        return size;
    ADD_FAILURE() << "no block begins at " << offset;
    return UINT32_MAX;
  }
};

TEST_F(TableSecrecyTest, HoldsWhatWasPutInAndSaysNothingOfIt) {
  for (const Compression compression : {Compression::none, Compression::lz4, Compression::zstd}) {
    options.compression = compression;
    const TableMeta meta = write();
    EXPECT_EQ(meta.key_id, key('a').id());

    const TableReader table(files, "3", meta, cache, options.keys);
    auto cursor = table.cursor({});
    EXPECT_EQ(all_entries(*cursor), entries);
    BlockBuffer buffer;
    for (const OwnedEntry& entry : entries) {
      const auto found = table.get(entry.key, filter_hash(entry.key), kTimestampMax, {}, buffer);
      ASSERT_TRUE(found.ok());
      EXPECT_EQ(found->value, entry.value);
    }
    EXPECT_EQ((*table.range_deletes({}))->deletes().front().begin, "secret-key-5");
    const auto checked = table.verify();
    ASSERT_TRUE(checked.ok()) << to_string(checked.error());
    EXPECT_EQ(checked->bytes, meta.file_size);
    EXPECT_EQ(content().find("secret"), Bytes::npos);
  }
}

TEST_F(TableSecrecyTest, TwoTablesOfTheSameShareNoBytes) {
  write();
  const Bytes first = content();
  write();
  const Bytes second = content();
  ASSERT_EQ(first.size(), second.size());
  size_t same = 0;
  for (size_t i = 0; i < first.size(); ++i) same += first[i] == second[i] ? 1 : 0;
  // One byte in 256 by chance, and a part of the footer and the trailers.
  EXPECT_LT(same, first.size() / 50);
}

TEST_F(TableSecrecyTest, WithoutItsKeyItIsNotReadAndTheKeyIsNamed) {
  const TableMeta meta = write();
  for (const KeyRing& keys : {KeyRing(), ring('b')}) {
    const TableReader table(files, "3", meta, cache, keys);
    const auto cursor = table.cursor({});
    EXPECT_EQ(cursor->seek({}), nullptr);
    EXPECT_EQ(cursor->status().error().code, Errc::invalid_argument);
    EXPECT_THAT(cursor->status().error().text, HasSubstr(key_name(key('a').id())));
  }
  const TableReader table(files, "3", meta, cache, ring('b', "a"));
  EXPECT_NE(table.cursor({})->seek({}), nullptr);
}

TEST_F(TableSecrecyTest, ATableOfAnotherKeyThanTheManifestSaysIsDamage) {
  TableMeta meta = write();
  meta.key_id = 0;
  EXPECT_EQ(OpenTable::open(files, "3", meta, cache, options.keys).status().error().code, Errc::corruption);
  options.keys = {};
  meta = write();
  meta.key_id = key('a').id();
  EXPECT_EQ(OpenTable::open(files, "3", meta, cache, ring('a')).status().error().code, Errc::corruption);
}

// A checksum that is right says that the disk did nothing; whoever changes a table on purpose gives it the right one.
TEST_F(TableSecrecyTest, ABlockThatWasChangedIsFoundUnderARightChecksum) {
  const TableMeta meta = write();
  const BlockHandle block = blocks(meta)[1];
  const Bytes whole = content();
  // Ciphertext, tag, and the compression that the trailer says.
  for (size_t at : {size_t{0}, size_t{block.size / 2}, size_t{block.size - 1}, size_t{block.size}}) {
    overwrite(files, "3", whole);
    forge(block,
          [&](Bytes& file, size_t begin) { file[begin + at] = static_cast<char>(file[begin + at] ^ 1); });
    const TableReader table(files, "3", meta, cache, options.keys);
    const auto checked = table.verify();
    ASSERT_FALSE(checked.ok()) << at;
    EXPECT_EQ(checked.error().code, Errc::corruption);
    EXPECT_THAT(checked.error().text, HasSubstr("3 at " + std::to_string(block.offset)));
    EXPECT_THAT(checked.error().text, HasSubstr("encrypted"));
  }
}

TEST_F(TableSecrecyTest, ABlockThatWasMovedIsFoundUnderARightChecksum) {
  const TableMeta meta = write();
  auto handles = blocks(meta);
  std::ranges::sort(handles, {}, &BlockHandle::size);
  const auto same = std::ranges::adjacent_find(handles, {}, &BlockHandle::size);
  ASSERT_NE(same, handles.end());
  const BlockHandle one = same[0];
  const BlockHandle two = same[1];
  forge(two,
        [&](Bytes& file, size_t begin) { file.replace(begin, one.size, file.substr(one.offset, one.size)); });
  const auto checked = TableReader(files, "3", meta, cache, options.keys).verify();
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().text, HasSubstr("encrypted"));
}

TEST_F(TableSecrecyTest, DictionariesAndPartsOfFiltersAreSealedToo) {
  options.compression = Compression::zstd;
  options.filter_rate = kFilterRateMin;
  for (int i = 20'000; i < 50'000; ++i) {
    const Bytes number = std::to_string(i);
    entries.emplace_back("secret-key-" + number, 20, Kind::put,
                         "secret-value-" + number + " and what all say");
  }
  const TableMeta meta = write();
  const auto table = OpenTable::open(files, "3", meta, cache, options.keys);
  ASSERT_TRUE(table.ok()) << to_string(table.status().error());
  const Footer& footer = (*table)->footer;
  ASSERT_EQ(footer.flags, kTableFlagsKnown & ~uint32_t{kTableOutside});
  const FilterParts& parts = (*table)->filter_parts;
  EXPECT_EQ(parts.stored_size, kFilterPartSize + kTagSize);
  EXPECT_EQ(content().find("secret"), Bytes::npos) << "a dictionary is made of what it is for";
  EXPECT_TRUE(TableReader(files, "3", meta, cache, options.keys).verify().ok());

  const Bytes whole = content();
  for (const BlockHandle& block : {footer.dictionary, footer.filter, parts.handle(0), parts.handle(7)}) {
    overwrite(files, "3", whole);
    forge(block, [](Bytes& file, size_t begin) { file[begin + 9] = static_cast<char>(file[begin + 9] ^ 1); });
    const auto checked = TableReader(files, "3", meta, cache, options.keys).verify();
    ASSERT_FALSE(checked.ok()) << block.offset;
    EXPECT_THAT(checked.error().text, HasSubstr("3 at " + std::to_string(block.offset)));
    EXPECT_THAT(checked.error().text, HasSubstr("encrypted"));
  }
}

TEST_F(TableSecrecyTest, AFlippedBitIsFoundEverywhere) {
  entries.erase(entries.begin() + 40, entries.end());
  const TableMeta meta = write();
  for (size_t offset = 0; offset < meta.file_size; ++offset) {
    flip_bit(files, "3", offset);
    const auto checked = TableReader(files, "3", meta, cache, options.keys).verify();
    ASSERT_FALSE(checked.ok()) << offset;
    EXPECT_EQ(checked.error().code, Errc::corruption);
    flip_bit(files, "3", offset);
  }
}

}  // namespace
}  // namespace coppice::engine
