// Filters of large tables: stored, read, held and damaged in parts.
#include "engine/table/filter_parts.hpp"

#include <cstdio>

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/watch/read_work.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {
namespace {

constexpr int kKeyCount = 40'000;
constexpr Timestamp kLater{9};

Bytes key_of(int number) {
  char text[16];
  std::snprintf(text, sizeof text, "key%08d", number);
  return text;
}

class FilterPartsTest : public ::testing::Test {
protected:
  FilterPartsTest() {
    options.number = 3;
    options.unique_id = 77;
    options.filter_rate = kFilterRateMin;
    std::vector<OwnedEntry> entries;
    // Every second key is absent.
    for (int i = 0; i < kKeyCount; ++i)
      entries.emplace_back(key_of(2 * i), 5, Kind::put, std::to_string(2 * i));
    auto written = write_table(files, options, entries);
    EXPECT_TRUE(written.ok());
    meta = *written;
    const Bytes content = files.content("3");
    auto decoded = decode_footer(ByteView(content).substr(content.size() - kFooterSize), content.size());
    EXPECT_TRUE(decoded.ok());
    footer = *decoded;
    parts = *decode_filter_head(ByteView(content).substr(footer.filter.offset, footer.filter.size),
                                content.size() - kFooterSize);
  }

  Result<PointRead> get(const TableReader& table, ByteView key, ReadWork* work = nullptr) {
    return table.get(key, filter_hash(key), kLater, {.work = work}, buffer);
  }

  /// The head says `head`, with the right checksum.
  void replace_head(const FilterParts& head) {
    Bytes content = files.content("3");
    const Bytes payload = encode_filter_head(head);
    content.replace(footer.filter.offset, payload.size(), payload);
    Bytes sum;
    put_fixed<uint64_t>(sum, checksum(ByteView(content).substr(footer.filter.offset, payload.size() + 1),
                                      block_seed(options.unique_id, footer.filter.offset)));
    content.replace(footer.filter.offset + payload.size() + 1, sum.size(), sum);
    files.set_content("3", content);
  }

  MemoryFileSystem files;
  BlockCache cache{8 << 20};
  BlockBuffer buffer;
  TableBuilderOptions options;
  TableMeta meta;
  Footer footer;
  FilterParts parts;
};

TEST_F(FilterPartsTest, ALargeTableHasThemAndSaysSo) {
  EXPECT_NE(footer.flags & kTableFilterPartitioned, 0u);
  EXPECT_GT(parts.count, kFilterWholeSizeMax / kFilterPartSize);
  options.number = 4;
  const auto small = write_table(files, options, {{"k", 1, Kind::put, "v"}});
  ASSERT_TRUE(small.ok());
  const Bytes content = files.content("4");
  const auto plain = decode_footer(ByteView(content).substr(content.size() - kFooterSize), content.size());
  EXPECT_EQ(plain->flags & kTableFilterPartitioned, 0u);
}

TEST_F(FilterPartsTest, TheyLetPassWhatIsThereAndTurnAwayWhatIsNot) {
  const TableReader table(files, "3", meta, cache);
  LevelWork levels{};
  ReadWork work{.levels = &levels};
  for (int i = 0; i < 2 * kKeyCount; ++i) {
    const auto got = get(table, key_of(i), &work);
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(got->found, i % 2 == 0);
    ASSERT_EQ(got->value, i % 2 == 0 ? std::to_string(i) : "");
  }
  EXPECT_GE(levels[0].filtered, kKeyCount - 4u);
  EXPECT_LE(levels[0].filtered, kKeyCount + 0u);
  EXPECT_TRUE(table.verify().ok());
}

TEST_F(FilterPartsTest, AReadHoldsOnePartAndNotTheWhole) {
  const TableReader table(files, "3", meta, cache);
  LevelWork levels{};
  ReadWork work{.levels = &levels};
  ASSERT_TRUE(get(table, key_of(1), &work).ok());
  ASSERT_EQ(levels[0].filtered, 1u);
  const size_t after_one = cache.stats().reserved;
  ASSERT_TRUE(get(table, key_of(1)).ok());
  EXPECT_EQ(cache.stats().reserved, after_one);
  for (int i = 1; i < 2000; i += 2) ASSERT_TRUE(get(table, key_of(i)).ok());
  const size_t all = size_t{parts.count} * kFilterPartSize;
  EXPECT_GT(cache.stats().reserved, after_one + all * 9 / 10);
  EXPECT_LT(after_one, all / 4);
}

TEST_F(FilterPartsTest, WhereNothingMoreMayBeHeldPartsGoThroughTheCache) {
  BlockCache small(2 << 20);
  const size_t half = small.stats().budget / 2;
  small.charge(half);
  {
    const TableReader table(files, "3", meta, small);
    const uint64_t misses_before = small.stats().misses;
    for (int round = 0; round < 2; ++round) ASSERT_TRUE(get(table, key_of(1)).ok());
    EXPECT_EQ(small.stats().misses, misses_before + 1);
    EXPECT_LT(small.stats().reserved, half + (64 << 10));
  }
  small.unreserve(half);
}

TEST_F(FilterPartsTest, ADamagedPartIsFoundByWhoeverAsksItAndNamed) {
  for (uint32_t part = 0; part < parts.count; ++part) {
    const BlockHandle handle = parts.handle(part);
    files.flip_bit("3", 8 * (handle.offset + 100) + 3);
    BlockCache fresh(8 << 20);
    const TableReader table(files, "3", meta, fresh);
    int damaged = 0;
    for (int i = 0; i < 3000; ++i) {
      const auto got = get(table, key_of(i));
      const bool is_in_part = parts.part_of(filter_hash(key_of(i))) == part;
      ASSERT_EQ(got.ok(), !is_in_part);
      if (!is_in_part) continue;
      ++damaged;
      EXPECT_EQ(got.error().code, Errc::corruption);
      EXPECT_EQ(got.error().text.find("3 at " + std::to_string(handle.offset) + ":"), 0u) << got.error().text;
    }
    EXPECT_GT(damaged, 0);
    EXPECT_FALSE(table.verify().ok());
    files.flip_bit("3", 8 * (handle.offset + 100) + 3);
  }
}

TEST_F(FilterPartsTest, AHeadThatMakesNoSenseIsRefusedThoughItsChecksumIsRight) {
  const auto refused = [&](auto change) {
    FilterParts head = parts;
    change(head);
    replace_head(head);
    BlockCache fresh(8 << 20);
    const TableReader table(files, "3", meta, fresh);
    const auto got = get(table, key_of(0));
    EXPECT_FALSE(table.verify().ok());
    return !got.ok() && got.error().code == Errc::corruption;
  };
  EXPECT_TRUE(refused([](FilterParts& head) { head.count = 0; }));
  EXPECT_TRUE(refused([](FilterParts& head) { head.count = UINT32_MAX; }));
  EXPECT_TRUE(refused([](FilterParts& head) { head.bits_set = 0; }));
  EXPECT_TRUE(refused([](FilterParts& head) { head.bits_set = kFilterBitsSetMax + 1; }));
  EXPECT_TRUE(refused([](FilterParts& head) { head.offset += 1; }));
  EXPECT_TRUE(refused([](FilterParts& head) { head.offset = UINT64_MAX - 3; }));
  EXPECT_TRUE(refused([](FilterParts& head) { head.stored_size = 0; }));
  EXPECT_TRUE(refused([](FilterParts& head) { head.stored_size += 1; }));
  // Data blocks are no parts.
  EXPECT_TRUE(refused([](FilterParts& head) { head.offset = 0; }));
  // That leads to good parts, but wrong ones.
  (void)refused([](FilterParts& head) { --head.count; });
}

TEST_F(FilterPartsTest, AHeadSaysWhatWasPutInAtEveryLengthOrNothing) {
  const Bytes bytes = encode_filter_head(parts);
  EXPECT_TRUE(decode_filter_head(bytes, meta.file_size));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_filter_head(ByteView(bytes).substr(0, size), meta.file_size)) << size;
  EXPECT_FALSE(decode_filter_head(bytes + "x", meta.file_size));
  const uint64_t end = parts.offset + uint64_t{parts.count} * (parts.stored_size + kBlockTrailerSize);
  EXPECT_TRUE(decode_filter_head(bytes, end));
  EXPECT_FALSE(decode_filter_head(bytes, end - 1));
}

TEST_F(FilterPartsTest, AHeadCannotSayMorePartsThanTheFileHasRoomFor) {
  const auto says = [](uint32_t stored_size, uint32_t count) {
    FilterParts head;
    head.stored_size = stored_size;
    head.count = count;
    head.bits_set = 5;
    return decode_filter_head(encode_filter_head(head), 1 << 20).has_value();
  };
  EXPECT_TRUE(says(kFilterPartSize, 255));
  EXPECT_TRUE(says(kFilterPartSize + kTagSize, 254));
  EXPECT_FALSE(says(kFilterPartSize - 1, 255));
  // All parts would be memory of 400 times the file's size.
  EXPECT_FALSE(says(1, 100'000));
}

}  // namespace
}  // namespace coppice::engine
