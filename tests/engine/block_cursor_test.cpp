#include "engine/table/block_cursor.hpp"

#include <gtest/gtest.h>

#include "engine/table/block_builder.hpp"
#include "engine/table/bloom.hpp"
#include "tests/support/cursor_model.hpp"

namespace coppice::engine {
namespace {

Bytes build(const std::vector<OwnedEntry>& entries, BlockKind kind) {
  BlockBuilder builder(kind);
  for (const OwnedEntry& entry : entries) builder.add(entry.view(), filter_hash(entry.key));
  return Bytes(builder.finish());
}

// Every move there is, to wherever it leads. Sums up what it saw, so that nothing is left unread.
size_t walk_everything(ByteView payload) {
  BlockCursor cursor;
  if (!cursor.reset(payload)) return 0;
  size_t sum = 0;
  const auto look = [&](const Entry* entry) {
    if (entry == nullptr) return false;
    for (const char c : entry->key) sum += static_cast<unsigned char>(c);
    for (const char c : entry->value) sum += static_cast<unsigned char>(c);
    return true;
  };
  for (const Entry* e = cursor.seek_first(); look(e); e = cursor.next()) {
  }
  cursor.reset(payload);
  for (const Entry* e = cursor.seek_last(); look(e); e = cursor.prev()) {
  }
  for (const char* key : {"", "a", "b", "bc", "z"}) {
    cursor.reset(payload);
    look(cursor.seek({key, Timestamp{5}}));
    cursor.reset(payload);
    look(cursor.seek_before({key, Timestamp{5}}));
  }
  BlockView view;
  RawEntry raw;
  if (!view.open(payload)) return sum;
  for (const char* key : {"a", "b", "bc"})
    if (view.find(key, Timestamp{5}, filter_hash(key), raw) < view.count()) sum += raw.value.size();
  return sum;
}

TEST(BlockCursorTest, MovesLikeAVectorOfTheEntries) {
  Random random(1);
  for (uint32_t round = 0; round < 60; ++round) {
    const auto entries = random_entries(random, 1 + random.below(80), 4, 10);
    const Bytes payload = build(entries, random.one_in(2) ? BlockKind::data : BlockKind::page);
    BlockCursor cursor;
    ASSERT_TRUE(cursor.reset(payload));

    expect_moves_like(cursor, entries, random, 200);
    EXPECT_FALSE(cursor.damaged());
  }
}

TEST(BlockCursorTest, KeysLargerThanItsOwnBufferAreWhole) {
  std::vector<OwnedEntry> entries;
  for (size_t i = 0; i < 26; ++i)
    entries.emplace_back(Bytes(3000, 'k') + static_cast<char>('a' + i) + Bytes(i, 'x'), 7);
  const Bytes payload = build(entries, BlockKind::data);

  BlockCursor cursor;
  ASSERT_TRUE(cursor.reset(payload));
  size_t index = 0;
  for (const Entry* entry = cursor.seek_first(); entry != nullptr; entry = cursor.next())
    ASSERT_EQ(OwnedEntry(*entry), entries[index++]);
  EXPECT_EQ(index, entries.size());
}

class HostileBlockTest : public testing::TestWithParam<BlockKind> {};

TEST_P(HostileBlockTest, NoChangedByteMakesItReadOutside) {
  Random random(2);
  const Bytes payload = build(random_entries(random, 40, 4, 10), GetParam());
  for (size_t i = 0; i < payload.size(); ++i)
    for (const int change : {0x01, 0x80, 0xff}) {
      // A copy of just this size, so that AddressSanitizer sees a read behind it.
      auto exact = std::make_unique<char[]>(payload.size());
      payload.copy(exact.get(), payload.size());
      exact[i] = static_cast<char>(exact[i] ^ change);
      walk_everything({exact.get(), payload.size()});
    }
}

TEST_P(HostileBlockTest, NoLengthMakesItReadOutside) {
  Random random(3);
  const Bytes payload = build(random_entries(random, 40, 4, 10), GetParam());
  for (size_t size = 0; size < payload.size(); ++size) {
    auto exact = std::make_unique<char[]>(size);
    payload.copy(exact.get(), size);
    walk_everything({exact.get(), size});
  }
}

TEST_P(HostileBlockTest, RandomBytesMakeNoHarm) {
  Random random(4);
  for (int round = 0; round < 20'000; ++round) {
    const size_t size = random.below(64);
    auto exact = std::make_unique<char[]>(size);
    for (size_t i = 0; i < size; ++i) exact[i] = static_cast<char>(random.below(random.one_in(2) ? 256 : 4));
    // Often enough a plausible count of entries, to get further.
    if (size >= 8 && random.one_in(2))
      store_fixed<uint32_t>(exact.get(), GetParam() == BlockKind::page ? 1 | kPageBit : 1);
    walk_everything({exact.get(), size});
  }
}

INSTANTIATE_TEST_SUITE_P(BothKinds, HostileBlockTest, testing::Values(BlockKind::data, BlockKind::page));

TEST(BlockCursorTest, SaysWhenEntriesContradictTheirFormat) {
  Bytes payload = build({{"a", 1}, {"b", 1}}, BlockKind::data);
  // Behind the count, a fingerprint and an offset each, and three sizes: the first entry's kind.
  payload[4 + 2 + 4 + 3] = 9;

  BlockCursor cursor;
  EXPECT_FALSE(cursor.reset(payload));
  EXPECT_EQ(cursor.seek_first(), nullptr);
  EXPECT_EQ(cursor.seek({"a", kTimestampMax}), nullptr);
  EXPECT_TRUE(cursor.damaged());
}

}  // namespace
}  // namespace coppice::engine
