// A table of which bytes were changed, lost or exchanged.
#include "engine/memory/range_deletes.hpp"
#include "tests/engine/table_fixture.hpp"

namespace coppice::engine {
namespace {

class DamagedTableTest : public TableTest {
protected:
  DamagedTableTest() { options.block_size = 256; }

  // Reads all there is to read, in every way. Entries that come must be right ones; true: no damage was reported.
  bool reads_all(const TableMeta& meta, const std::vector<OwnedEntry>& entries) {
    BlockCache fresh(1 << 20);
    const TableReader table(files, "3", meta, fresh);
    bool whole = true;
    const auto note = [&](const Status& status) {
      if (status.ok()) return;
      whole = false;
      EXPECT_EQ(status.error().code, Errc::corruption) << to_string(status.error());
      EXPECT_EQ(status.error().text.find("3 at "), 0u) << to_string(status.error());
    };

    const auto cursor = table.cursor({});
    size_t count = 0;
    for (const Entry* e = cursor->seek({}); e != nullptr; e = cursor->next()) {
      if (count >= entries.size() || OwnedEntry(*e) != entries[count])
        ADD_FAILURE() << "wrong entry " << count;
      ++count;
    }
    note(cursor->status());
    EXPECT_TRUE(!cursor->status().ok() || count == entries.size());

    for (const OwnedEntry& entry : entries) {
      const auto got = get(table, entry.key, Timestamp{entry.commit}, {});
      note(got.status());
      if (got.ok() && (!got->found || got->value != entry.value))
        ADD_FAILURE() << "wrong value of " << entry.key;
    }
    note(table.range_deletes({}).status());
    const auto verified = table.verify();
    note(verified.status());
    EXPECT_EQ(verified.ok(), whole);
    return whole;
  }
};

TEST_F(DamagedTableTest, EveryChangedByteIsFound) {
  for (const Compression compression : {Compression::none, Compression::lz4, Compression::zstd}) {
    options.compression = compression;
    const auto entries = many_entries(60);
    const TableMeta meta = write(entries, {{"key0000050", "key0000055", false, Timestamp{10}}});
    ASSERT_TRUE(reads_all(meta, entries));
    for (uint64_t i = 0; i < meta.file_size; ++i) {
      files.flip_bit("3", 8 * i + i % 8);
      EXPECT_FALSE(reads_all(meta, entries)) << "byte " << i;
      files.flip_bit("3", 8 * i + i % 8);
    }
  }
}

TEST_F(DamagedTableTest, EveryShorterFileIsFound) {
  const auto entries = many_entries(60);
  const TableMeta meta = write(entries);
  const Bytes whole = files.content("3");
  for (size_t size = 0; size < whole.size(); ++size) {
    files.set_content("3", ByteView(whole).substr(0, size));
    EXPECT_FALSE(reads_all(meta, entries)) << size;
    // A manifest that agrees with the wrong size does not save it.
    TableMeta agreed = meta;
    agreed.file_size = size;
    EXPECT_FALSE(reads_all(agreed, entries)) << size;
  }
}

TEST_F(DamagedTableTest, BlocksInEachOthersPlaceAreFound) {
  options.filter_rate = 0;
  std::vector<OwnedEntry> entries;
  for (int i = 0; i < 40; ++i)
    entries.emplace_back("key" + std::to_string(100 + i), 5, Kind::put, Bytes(90, 'v'));
  const TableMeta meta = write(entries);
  Bytes file = files.content("3");

  // Two data blocks of one size: entries of one size, two a block.
  const size_t block_size = 4 + 2 * (1 + 2) + 2 * (3 + 9 + 6 + 90) - 5 + kBlockTrailerSize;
  ASSERT_EQ(file.substr(block_size, 4), Bytes({2, 0, 0, 0}));
  const Bytes first = file.substr(0, block_size);
  file.replace(0, block_size, file, block_size, block_size);
  file.replace(block_size, block_size, first);
  files.set_content("3", file);

  EXPECT_FALSE(reads_all(meta, entries));
}

// Who writes a file on purpose writes its checksums too.
TEST_F(DamagedTableTest, APageWithTheRightChecksumMayHoldAnything) {
  const auto entries = many_entries(200);
  const TableMeta meta = write(entries);
  const Bytes whole = files.content("3");
  const auto footer = decode_footer(ByteView(whole).substr(whole.size() - kFooterSize), whole.size());
  ASSERT_TRUE(footer.ok());
  ASSERT_EQ(footer->height, 1u);
  const BlockHandle root = footer->root;
  const size_t stored_size = root.size + 1;  // with the kind of compression
  for (size_t place = 0; place < root.size; ++place) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      Bytes file = whole;
      file[root.offset + place] = static_cast<char>(file[root.offset + place] ^ flip);
      Bytes sum;
      put_fixed<uint64_t>(sum, checksum(ByteView(file).substr(root.offset, stored_size),
                                        block_seed(options.unique_id, root.offset)));
      file.replace(root.offset + stored_size, sum.size(), sum);
      files.set_content("3", file);

      BlockCache fresh(1 << 20);
      const TableReader table(files, "3", meta, fresh);
      for (const OwnedEntry& entry : entries) {
        const auto got = get(table, entry.key, Timestamp{entry.commit}, {});
        EXPECT_TRUE(got.ok() || got.error().code == Errc::corruption) << to_string(got.error());
      }
      const auto cursor = table.cursor({});
      size_t steps = 0;
      for (const Entry* e = cursor->seek({}); e != nullptr && steps < 10 * entries.size(); e = cursor->next())
        ++steps;
    }
  }
}

TEST_F(DamagedTableTest, AnotherTableUnderItsNameIsFound) {
  const auto entries = many_entries(60);
  const TableMeta meta = write(entries);
  ++options.unique_id;
  write(entries);

  EXPECT_FALSE(reads_all(meta, entries));
}

TEST_F(DamagedTableTest, AMetaThatTellsOtherwiseIsFoundByVerify) {
  const auto entries = many_entries(60);
  const TableMeta meta = write(entries);
  TableMeta other = meta;
  ++other.entry_count;
  EXPECT_EQ(reader(other).verify().error().code, Errc::corruption);
  other = meta;
  other.bounds.begin = "key0000001";
  EXPECT_EQ(reader(other).verify().error().code, Errc::corruption);
}

}  // namespace
}  // namespace coppice::engine
