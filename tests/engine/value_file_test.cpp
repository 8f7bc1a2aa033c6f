// Files of values, and references into them.
#include "engine/values/value_file.hpp"

#include <gmock/gmock.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/table/block_builder.hpp"
#include "engine/table/block_cursor.hpp"
#include "engine/values/value_walk.hpp"
#include "engine/values/value_writer.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

TEST(ValueRefTest, SurvivesEncoding) {
  for (const ValueRef& ref : {ValueRef{1, {0, 1}}, ValueRef{1 << 20, {1 << 30, 4096}},
                              ValueRef{UINT64_MAX, {UINT64_MAX, UINT32_MAX}}}) {
    Bytes bytes;
    put_value_ref(bytes, ref);
    EXPECT_EQ(decode_value_ref(bytes), ref);
    EXPECT_EQ(decode_value_ref(bytes + 'x'), std::nullopt);
    EXPECT_EQ(decode_value_ref(ByteView(bytes).substr(0, bytes.size() - 1)), std::nullopt);
  }
}

TEST(ValueRefTest, OnlyPutsHaveThem) {
  EXPECT_TRUE(is_possible(static_cast<uint8_t>(Kind::put_apart), 3));
  EXPECT_TRUE(is_possible(static_cast<uint8_t>(Kind::put_that_expires_apart), kExpirySize + 3));
  EXPECT_FALSE(is_possible(static_cast<uint8_t>(Kind::put_that_expires_apart), kExpirySize - 1));
  EXPECT_FALSE(is_possible(static_cast<uint8_t>(Kind::remove) | kApartBit, 3));
  EXPECT_FALSE(is_possible(static_cast<uint8_t>(Kind::put_apart) | 0x40, 3));
}

TEST(ValueRefTest, ABlockWithAnEntryThatHasNoneMakesNoSense) {
  for (const Bytes& stored : {Bytes("\x07\x64\x0a", 3), Bytes("no reference")}) {
    BlockBuilder builder(BlockKind::data);
    builder.add({"key", Timestamp{1}, Kind::put_apart, stored}, key_hash("key"));
    BlockCursor cursor;
    const bool is_one = decode_value_ref(stored).has_value();
    EXPECT_EQ(cursor.reset(builder.finish()) && cursor.seek_first() != nullptr, is_one);
    EXPECT_EQ(cursor.damaged(), !is_one);
  }
}

TEST(ValueFooterTest, AnyChangedBitIsRefused) {
  const Bytes footer = encode_value_footer({.unique_id = 77, .count = 3});
  ASSERT_TRUE(decode_value_footer(footer).ok());
  EXPECT_EQ(*decode_value_footer(footer), (ValueFooter{77, 3}));
  for (size_t bit = 0; bit < 8 * footer.size(); ++bit) {
    Bytes damaged = footer;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_value_footer(damaged).ok()) << bit;
  }
}

TEST(ValueFooterTest, ALaterFormatIsUnsupported) {
  Bytes footer = encode_value_footer({.unique_id = 77, .count = 3});
  store_fixed<uint32_t>(footer.data() + 56, kValueVersion + 1);
  store_fixed<uint64_t>(footer.data() + 48, checksum(ByteView(footer).substr(0, 48), kValueVersion + 1));
  EXPECT_EQ(decode_value_footer(footer).error().code, Errc::unsupported);
}

class ValueFileTest : public ::testing::TestWithParam<Compression> {
protected:
  static constexpr uint64_t kNumber = 14;
  static constexpr uint64_t kUniqueId = 99;

  void write(const std::vector<Bytes>& values) {
    ValueWriter writer(*files.create("/000014.val"), kNumber, kUniqueId, GetParam(), {});
    for (const Bytes& value : values) refs.push_back(*writer.add(value));
    const auto finished = writer.finish();
    ASSERT_TRUE(finished.ok());
    meta = *finished;
    open();
  }
  void open() { file = std::make_unique<ValueFile>(files, "/000014.val", meta, cache); }
  Result<Bytes> read(const ValueRef& ref, bool cached_only = false) {
    BlockBuffer buffer;
    COPPICE_TRY_ASSIGN(kept, file->read(ref.place, {.cached_only = cached_only, .fill_cache = true}, buffer));
    return Bytes(kept.bytes);
  }

  MemoryFileSystem files;
  BlockCache cache{1 << 20};
  ValueFileMeta meta;
  std::vector<ValueRef> refs;
  std::unique_ptr<ValueFile> file;
};

TEST_P(ValueFileTest, GivesBackWhatWasWritten) {
  const std::vector<Bytes> values = {"a", Bytes(100, 'b'), Bytes(10'000, 'c'), Bytes(300'000, 'd')};
  write(values);
  for (size_t index = 0; index < values.size(); ++index) {
    EXPECT_EQ(refs[index].file, kNumber);
    EXPECT_EQ(*read(refs[index]), values[index]);
  }
  uint64_t size = 0;
  for (const ValueRef& ref : refs) size += ref.stored_size();
  EXPECT_EQ(size, meta.values_size());
}

TEST_P(ValueFileTest, SeveralAreReadTogether) {
  std::vector<Bytes> values;
  for (size_t i = 0; i < 40; ++i) values.push_back(Bytes(i * i * 50 + 1, static_cast<char>('a' + i % 26)));
  write(values);
  std::vector<Bytes> found(values.size());
  std::vector<ValueRequest> requests;
  for (size_t i = 0; i < values.size(); ++i) requests.push_back({file.get(), refs[i].place, &found[i]});
  ASSERT_TRUE(read_values(requests, {}).ok());
  EXPECT_EQ(found, values);
}

TEST_P(ValueFileTest, AWalkGivesThemForwardAndBack) {
  std::vector<Bytes> values;
  for (size_t i = 0; i < 200; ++i)
    values.push_back(Bytes(3000, static_cast<char>('a' + i % 26)) + std::to_string(i));
  write(values);
  ValueWalk walk;
  const auto step = [&](size_t i) { EXPECT_EQ(*walk.read(*file, refs[i].place, {}), values[i]); };
  for (size_t i = 0; i < values.size(); ++i) step(i);
  for (size_t i = values.size(); i-- > 0;) step(i);
}

TEST_P(ValueFileTest, AnswersWouldBlockUntilTheCacheHasIt) {
  write({Bytes(100, 'b'), Bytes(2 * ValueFile::kCachedSizeMax, 'c')});
  EXPECT_EQ(read(refs[0], true).error().code, Errc::would_block);
  EXPECT_EQ(*read(refs[0]), Bytes(100, 'b'));
  EXPECT_EQ(*read(refs[0], true), Bytes(100, 'b'));
  // Too large for the cache.
  EXPECT_TRUE(read(refs[1]).ok());
  EXPECT_EQ(read(refs[1], true).error().code, Errc::would_block);
}

TEST_P(ValueFileTest, AnyChangedBitIsFoundAndNamed) {
  write({"short", Bytes(50, 'b'), Bytes(300, 'c')});
  for (uint64_t bit = 0; bit < 8 * meta.file_size; ++bit) {
    files.flip_bit("/000014.val", bit);
    open();
    size_t wrong = 0;
    for (const ValueRef& ref : refs) {
      BlockBuffer buffer;
      const auto value = file->read(ref.place, {.cached_only = false, .fill_cache = false}, buffer);
      if (value.ok()) continue;
      ++wrong;
      // Some bits of the footer say that it is of a later format.
      EXPECT_EQ(value.error().code, Errc::corruption);
      EXPECT_THAT(value.error().text, HasSubstr("/000014.val at "));
    }
    EXPECT_EQ(wrong, bit < 8 * meta.values_size() ? 1u : refs.size()) << bit;
    files.flip_bit("/000014.val", bit);
  }
}

TEST_P(ValueFileTest, AValueFromAnotherPlaceDoesNotPass) {
  write({Bytes(100, 'a'), Bytes(100, 'a')});
  Bytes content = files.content("/000014.val");
  const auto half = static_cast<size_t>(refs[1].place.offset);
  content.replace(half, half, content, 0, half);
  files.set_content("/000014.val", content);
  EXPECT_TRUE(read(refs[0]).ok());
  EXPECT_EQ(read(refs[1]).error().code, Errc::corruption);
}

TEST_P(ValueFileTest, GoesWhenItIsNotUsedAnyMore) {
  write({"value"});
  open();
  EXPECT_TRUE(*files.exists("/000014.val"));
  file->remove_when_unused();
  EXPECT_TRUE(read(refs[0]).ok());
  file.reset();
  EXPECT_FALSE(*files.exists("/000014.val"));
}

INSTANTIATE_TEST_SUITE_P(All, ValueFileTest,
                         ::testing::Values(Compression::none, Compression::lz4, Compression::zstd));

}  // namespace
}  // namespace coppice::engine
