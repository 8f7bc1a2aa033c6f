#include "engine/table/block_view.hpp"

#include <gtest/gtest.h>

#include "engine/table/block_builder.hpp"
#include "engine/table/bloom.hpp"
#include "tests/support/cursor_model.hpp"

namespace coppice::engine {
namespace {

Bytes build(const std::vector<OwnedEntry>& entries, BlockKind kind) {
  BlockBuilder builder(kind);
  for (const OwnedEntry& entry : entries) {
    builder.add(entry.view(), filter_hash(entry.key));
    EXPECT_EQ(builder.size(), Bytes(BlockBuilder(builder).finish()).size());
  }
  return Bytes(builder.finish());
}

// The index of the first entry at or after `target`.
size_t place_of(const std::vector<OwnedEntry>& entries, const Position& target) {
  const auto place = std::ranges::partition_point(
      entries, [&](const OwnedEntry& entry) { return compare(position(entry.view()), target) < 0; });
  return static_cast<size_t>(place - entries.begin());
}

// Some of the keys there, and some beside them.
Bytes near(const OwnedEntry& entry, Random& random) {
  Bytes key = entry.key;
  if (random.one_in(3)) key.push_back('\0');
  if (random.one_in(3)) key.back() = static_cast<char>(key.back() + 1);
  if (random.one_in(3) && key.size() > 1) key.pop_back();
  return key;
}

void expect_like_a_vector(const std::vector<OwnedEntry>& entries, Random& random) {
  const Bytes page = build(entries, BlockKind::page);
  const Bytes data = build(entries, BlockKind::data);
  BlockView places;
  BlockView keys;
  ASSERT_TRUE(places.open(page));
  ASSERT_TRUE(keys.open(data));
  for (int i = 0; i < 200; ++i) {
    const Bytes key = near(entries[random.below(entries.size())], random);
    const Timestamp at{random.below(12)};
    const size_t place = place_of(entries, {key, at});
    ASSERT_EQ(places.lower_bound({key, at}), place) << printable(key);
    ASSERT_EQ(keys.lower_bound({key, at}), place) << printable(key);

    RawEntry found;
    const uint32_t index = keys.find(key, at, filter_hash(key), found);
    if (place < entries.size() && entries[place].key == key) {
      ASSERT_EQ(index, place) << printable(key);
      ASSERT_EQ(found.value, entries[place].value);
      ASSERT_EQ(found.commit.raw, entries[place].commit);
    } else {
      ASSERT_EQ(index, entries.size()) << printable(key);
    }
  }
}

TEST(BlockViewTest, FindsWhatAVectorOfTheEntriesFinds) {
  Random random(1);
  for (int round = 0; round < 60; ++round)
    expect_like_a_vector(random_entries(random, 1 + random.below(80), 4, 10), random);
}

TEST(BlockViewTest, FindsKeysThatHaveLongBeginningsInCommon) {
  Random random(2);
  for (const size_t common : {1u, 7u, 8u, 9u, 200u}) {
    std::vector<OwnedEntry> entries = random_entries(random, 200, 12, 3);
    for (OwnedEntry& entry : entries) entry.key.insert(0, common, 'p');
    expect_like_a_vector(entries, random);
  }
}

TEST(BlockViewTest, FindsKeysOfBytesWithTheHighestBit) {
  Random random(3);
  std::vector<OwnedEntry> entries;
  for (int i = 0; i < 256; ++i)
    for (const char* end : {"", "\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff"})
      entries.emplace_back(Bytes(1, static_cast<char>(i)) + end, 5);
  std::sort(entries.begin(), entries.end());
  expect_like_a_vector(entries, random);
}

TEST(BlockViewTest, OffsetsGrowWithThePayload) {
  Random random(4);
  // Around the size where they do: the payload is four bytes of count, a fingerprint and an offset, and 13 + n.
  const size_t size_around = kWideBlockSize - 4 - 3 - 13 - 2;
  for (size_t size = size_around - 8; size < size_around + 8; ++size) {
    const std::vector<OwnedEntry> entries{{"k", 5, Kind::put, Bytes(size, 'v')}};
    expect_like_a_vector(entries, random);
  }
  std::vector<OwnedEntry> entries;
  for (int i = 0; i < 90; ++i) entries.emplace_back(Bytes(3000, 'k') + std::to_string(100 + i), 5);
  expect_like_a_vector(entries, random);
}

TEST(BlockViewTest, AnUnknownShapeIsRefused) {
  BlockView view;
  EXPECT_FALSE(view.open(""));
  EXPECT_FALSE(view.open(Bytes(100, '\0')));
  EXPECT_FALSE(view.open(Bytes(100, '\xff')));
  Bytes payload = build({{"a", 1}, {"ab", 1}}, BlockKind::page);
  ASSERT_TRUE(view.open(payload));
  payload[4] = 2;  // more in common than the first key has
  EXPECT_FALSE(view.open(payload));
}

}  // namespace
}  // namespace coppice::engine
