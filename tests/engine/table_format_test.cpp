#include "engine/table/table_format.hpp"

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

constexpr uint64_t kFileSize = 10'000;

Footer some_footer() {
  Footer footer;
  footer.root = {5'000, 400};
  footer.filter = {6'000, 65};
  footer.range_deletes = {7'000, 30};
  footer.properties = {8'000, 100};
  footer.dictionary = {9'000, 50};
  footer.unique_id = 42;
  footer.height = 2;
  footer.flags = kTableDictionary;
  return footer;
}

Errc refusal(const Footer& footer) {
  const auto decoded = decode_footer(encode_footer(footer), kFileSize);
  EXPECT_FALSE(decoded.ok());
  return decoded.ok() ? Errc::cancelled : decoded.error().code;
}

TEST(TableFormatTest, AFooterSaysWhatWasPutIn) {
  const auto footer = decode_footer(encode_footer(some_footer()), kFileSize);
  ASSERT_TRUE(footer.ok());
  EXPECT_EQ(*footer, some_footer());
}

TEST(TableFormatTest, AFooterOfAnEarlierVersionIsTaken) {
  Footer footer = some_footer();
  footer.dictionary = {};
  footer.flags = 0;
  for (footer.version = kTableVersionOldest; footer.version < kTableVersion; ++footer.version) {
    const Bytes bytes = encode_footer(footer);
    ASSERT_EQ(bytes.size(), kFooterSizeLeast);
    // With what lies before it in a large file, and as all of a small one.
    EXPECT_EQ(*decode_footer(Bytes(kFooterSize - bytes.size(), 'x') + bytes, kFileSize), footer);
    EXPECT_EQ(*decode_footer(bytes, kFileSize), footer);
  }
  footer.version = kTableVersionOldest - 1;
  EXPECT_FALSE(decode_footer(encode_footer(footer), kFileSize).ok());
}

TEST(TableFormatTest, AFooterOfAnEarlierVersionHasNoFlags) {
  constexpr size_t kFlagsOffset = 60;
  constexpr size_t kSumOffset = 64;
  Footer footer = some_footer();
  footer.dictionary = {};
  footer.flags = 0;
  for (footer.version = kTableVersionOldest; footer.version < kTableVersion; ++footer.version)
    for (uint32_t bit = 0; bit < 32; ++bit) {
      Bytes bytes = encode_footer(footer);
      store_fixed<uint32_t>(bytes.data() + kFlagsOffset, uint32_t{1} << bit);
      store_fixed<uint64_t>(bytes.data() + kSumOffset,
                            checksum(ByteView(bytes).substr(0, kSumOffset), footer.version));
      const auto decoded = decode_footer(bytes, kFileSize);
      ASSERT_FALSE(decoded.ok()) << bit;
      EXPECT_EQ(decoded.error().code, Errc::corruption) << bit;
    }
}

TEST(TableFormatTest, AFooterWithAnyByteChangedIsRefused) {
  const Bytes good = encode_footer(some_footer());
  for (size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    const auto footer = decode_footer(bad, kFileSize);
    ASSERT_FALSE(footer.ok()) << i;
    EXPECT_EQ(footer.error().code, Errc::corruption) << i;
  }
}

TEST(TableFormatTest, ALaterVersionIsUnsupportedRatherThanDamaged) {
  Bytes later = encode_footer(some_footer());
  store_fixed<uint64_t>(later.data() + 104, checksum(ByteView(later).substr(0, 104), kTableVersion + 1));
  store_fixed<uint32_t>(later.data() + 112, kTableVersion + 1);
  const auto footer = decode_footer(later, kFileSize);
  ASSERT_FALSE(footer.ok());
  EXPECT_EQ(footer.error().code, Errc::unsupported);
}

TEST(TableFormatTest, AFlagThatNobodyKnowsIsUnsupportedRatherThanDamaged) {
  Footer footer = some_footer();
  for (uint32_t bit = 0; bit < 32; ++bit) {
    footer.flags = uint32_t{1} << bit;
    if ((footer.flags & kTableFlagsKnown) != 0) continue;
    EXPECT_EQ(refusal(footer), Errc::unsupported) << bit;
  }
}

TEST(TableFormatTest, AFooterNamesAKeyIfAndOnlyIfBlocksAreEncrypted) {
  Footer footer = some_footer();
  footer.flags |= kTableEncrypted;
  EXPECT_EQ(refusal(footer), Errc::corruption);
  footer.seal.key_id = 0x1122334455667788;
  footer.seal.salt.fill('s');
  EXPECT_EQ(*decode_footer(encode_footer(footer), kFileSize), footer);
  footer.flags &= ~uint32_t{kTableEncrypted};
  EXPECT_EQ(refusal(footer), Errc::corruption);
}

TEST(TableFormatTest, AFooterThatNamesTheImpossibleIsRefused) {
  Footer footer = some_footer();
  footer.height = 0;
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.root = {};
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.height = kHeightMax + 1;
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.properties = {};
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.filter = {UINT64_MAX - 5, 100};
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.dictionary = {kFileSize - kFooterSize, 1};
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.dictionary = {};
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.flags = 0;
  EXPECT_EQ(refusal(footer), Errc::corruption);

  footer = some_footer();
  footer.flags |= kTableFilterPartitioned;
  EXPECT_TRUE(decode_footer(encode_footer(footer), kFileSize).ok());
  footer.filter = {};
  EXPECT_EQ(refusal(footer), Errc::corruption);
}

TEST(TableFormatTest, BlocksMayReachToTheFooterAndNoFurther) {
  Footer footer = some_footer();
  footer.properties = {0, static_cast<uint32_t>(kFileSize - kFooterSize - kBlockTrailerSize)};
  EXPECT_TRUE(decode_footer(encode_footer(footer), kFileSize).ok());
  ++footer.properties.size;
  EXPECT_EQ(refusal(footer), Errc::corruption);
}

TEST(TableFormatTest, PropertiesSayWhatWasPutInAtEveryLengthOrNothing) {
  TableMeta meta;
  meta.bounds = {"b", "e"};
  meta.entry_count = 3;
  meta.delete_count = 1;
  meta.range_delete_count = 2;
  meta.oldest = Timestamp{7};
  meta.newest = Timestamp{9};
  const Bytes bytes = encode_properties(meta);

  EXPECT_EQ(decode_properties(bytes, kTableTimed), meta);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_properties(ByteView(bytes).substr(0, size), kTableTimed), std::nullopt) << size;
  EXPECT_EQ(decode_properties(bytes + "x", kTableTimed), std::nullopt);
}

TEST(TableFormatTest, PropertiesNameEachValueFileOnceAndAscending) {
  TableMeta meta;
  meta.bounds = {"b", "e"};
  // The numbers and sizes lie before the four moments at the end.
  const auto with = [&](std::vector<uint64_t> numbers) {
    Bytes uses;
    for (const uint64_t number : numbers) put_varint(uses, number);
    Bytes bytes = encode_properties(meta);
    return decode_properties(bytes.insert(bytes.size() - 4 * sizeof(uint64_t), uses), kTableTimed);
  };
  ASSERT_TRUE(with({3, 10, 4, 20}));
  EXPECT_EQ(with({3, 10, 4, 20})->values.size(), 30u);
  EXPECT_FALSE(with({3, 10, 3, 20}));
  EXPECT_FALSE(with({4, 20, 3, 10}));
}

TEST(TableFormatTest, RangeDeletesSayWhatWasPutIn) {
  const std::vector<RangeDelete> deletes{{"a", "c", false, Timestamp{5}}, {"b", "", true, Timestamp{6}}};
  EXPECT_EQ(decode_range_deletes(encode_range_deletes(deletes)), deletes);
}

TEST(TableFormatTest, RangeDeletesThatHoldNoKeyAreRefused) {
  EXPECT_EQ(decode_range_deletes(""), std::nullopt);
  EXPECT_EQ(decode_range_deletes(encode_range_deletes({{"c", "c", false, Timestamp{5}}})), std::nullopt);
  EXPECT_EQ(decode_range_deletes(encode_range_deletes({{"c", "d", true, Timestamp{5}}})), std::nullopt);
}

TEST(TableFormatTest, SeedsDifferByTableAndPlace) {
  EXPECT_NE(block_seed(1, 0), block_seed(1, 4096));
  EXPECT_NE(block_seed(1, 0), block_seed(2, 0));
}

}  // namespace
}  // namespace coppice::engine
