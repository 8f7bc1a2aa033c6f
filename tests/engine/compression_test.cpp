#include "engine/table/compression.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "engine/base/coding.hpp"
#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

class CompressionTest : public testing::TestWithParam<Compression> {
protected:
  static Bytes view(const Block& block) { return {block.bytes.get(), block.size}; }
  const Bytes text = [] {
    Bytes lines;
    for (int i = 0; i < 200; ++i) lines += "line " + std::to_string(i) + " of a text that repeats itself\n";
    return lines;
  }();
};

TEST_P(CompressionTest, GivesBackWhatItTook) {
  Bytes stored;
  ASSERT_TRUE(compress(GetParam(), text, stored));
  EXPECT_LT(stored.size(), text.size() / 2);
  EXPECT_EQ(view(decompress(GetParam(), stored, text.size())), text);
}

TEST_P(CompressionTest, LeavesAloneWhatDoesNotShrink) {
  Random random(1);
  Bytes noise(4096, '\0');
  for (char& c : noise) c = static_cast<char>(random.next());
  Bytes stored;
  EXPECT_FALSE(compress(GetParam(), noise, stored));
  EXPECT_FALSE(compress(GetParam(), "abc", stored));
}

TEST_P(CompressionTest, RefusesMoreThanTheBound) {
  Bytes stored;
  ASSERT_TRUE(compress(GetParam(), text, stored));
  EXPECT_EQ(decompress(GetParam(), stored, text.size() - 1).bytes, nullptr);

  store_fixed<uint32_t>(stored.data(), UINT32_MAX);
  EXPECT_EQ(decompress(GetParam(), stored, 1 << 20).bytes, nullptr);
}

TEST_P(CompressionTest, RefusesAnotherSizeThanSaid) {
  Bytes stored;
  ASSERT_TRUE(compress(GetParam(), text, stored));
  for (const size_t size : {size_t{0}, text.size() - 1, text.size() + 1}) {
    store_fixed<uint32_t>(stored.data(), static_cast<uint32_t>(size));
    EXPECT_EQ(decompress(GetParam(), stored, 1 << 20).bytes, nullptr) << size;
  }
}

TEST_P(CompressionTest, NoChangedByteDoesHarm) {
  Bytes stored;
  ASSERT_TRUE(compress(GetParam(), text, stored));
  for (size_t i = 0; i < stored.size(); ++i) {
    Bytes changed = stored;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    const Block block = decompress(GetParam(), changed, 1 << 20);
    EXPECT_TRUE(block.bytes == nullptr || block.size <= size_t{1} << 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, CompressionTest, testing::Values(Compression::lz4, Compression::zstd),
                         [](const auto& each) { return each.param == Compression::lz4 ? "Lz4" : "Zstd"; });

/// Rows of a kind, in blocks of some 4 KiB, as a table has them.
std::vector<Bytes> blocks_of_rows(size_t count) {
  Random random(3);
  std::vector<Bytes> blocks;
  while (blocks.size() < count) {
    Bytes block;
    while (block.size() < 4000)
      block += "{\"id\": " + std::to_string(random.below(1'000'000)) + ", \"status\": \"" +
               (random.below(2) == 0 ? "delivered" : "cancelled") +
               "\", \"customer_number\": " + std::to_string(random.next()) + ", \"created_at\": \"2026-" +
               std::to_string(random.below(12)) + "\"}";
    blocks.push_back(std::move(block));
  }
  return blocks;
}

class DictionaryTest : public ::testing::Test {
protected:
  static Bytes view(const Block& block) { return {block.bytes.get(), block.size}; }
  const std::vector<Bytes> blocks = blocks_of_rows(100);
  const std::unique_ptr<const TrainedDictionary> trained =
      TrainedDictionary::train(std::span(blocks).first(64));
};

TEST_F(DictionaryTest, SavesWhatBlocksHaveInCommon) {
  ASSERT_NE(trained, nullptr);
  EXPECT_LE(trained->bytes().size(), kDictionarySize);
  const auto dictionary = Dictionary::open(trained->bytes());
  ASSERT_NE(dictionary, nullptr);
  EXPECT_GT(dictionary->size(), trained->bytes().size());
  size_t plain_size = 0;
  size_t size = 0;
  Bytes stored;
  for (const Bytes& block : blocks) {
    ASSERT_TRUE(compress(Compression::zstd, block, stored));
    plain_size += stored.size();
    ASSERT_TRUE(compress(Compression::zstd_dictionary, block, stored, trained.get()));
    size += stored.size();
    ASSERT_EQ(view(decompress(Compression::zstd_dictionary, stored, block.size(), dictionary.get())), block);
  }
  EXPECT_LT(size, plain_size * 97 / 100);
}

TEST_F(DictionaryTest, IsNotMadeOfTooLittleOrWhereItGainsNothing) {
  EXPECT_EQ(TrainedDictionary::train({}), nullptr);
  EXPECT_EQ(TrainedDictionary::train(std::span(blocks).first(10)), nullptr);
  Random random(1);
  std::vector<Bytes> noise(64, Bytes(4096, '\0'));
  for (Bytes& block : noise)
    for (char& c : block) c = static_cast<char>(random.next());
  EXPECT_EQ(TrainedDictionary::train(noise), nullptr);
}

TEST_F(DictionaryTest, WithoutItOrWithAnotherNothingIsGivenBack) {
  ASSERT_NE(trained, nullptr);
  Random random(9);
  std::vector<Bytes> phrases(16);
  for (Bytes& phrase : phrases)
    while (phrase.size() < 60) phrase += static_cast<char>('a' + random.below(26));
  std::vector<Bytes> others(80);
  for (Bytes& block : others)
    while (block.size() < 4000) block += phrases[random.below(16)] + std::to_string(random.below(1'000));
  const auto other = TrainedDictionary::train(others);
  ASSERT_NE(other, nullptr);
  const auto dictionary = Dictionary::open(other->bytes());
  Bytes stored;
  ASSERT_TRUE(compress(Compression::zstd_dictionary, blocks[0], stored, trained.get()));
  EXPECT_EQ(decompress(Compression::zstd_dictionary, stored, 1 << 20).bytes, nullptr);
  EXPECT_EQ(decompress(Compression::zstd_dictionary, stored, 1 << 20, dictionary.get()).bytes, nullptr);
}

TEST_F(DictionaryTest, WhatIsNoDictionaryIsRefusedAndNoChangedByteDoesHarm) {
  ASSERT_NE(trained, nullptr);
  EXPECT_EQ(Dictionary::open(""), nullptr);
  EXPECT_EQ(Dictionary::open("no dictionary at all"), nullptr);
  const Bytes good(trained->bytes());
  Bytes stored;
  ASSERT_TRUE(compress(Compression::zstd_dictionary, blocks[0], stored, trained.get()));
  for (size_t i = 0; i < good.size(); i += i < 300 ? 1 : 97) {
    Bytes changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    const auto dictionary = Dictionary::open(changed);
    if (dictionary == nullptr) continue;
    const Block block = decompress(Compression::zstd_dictionary, stored, 1 << 20, dictionary.get());
    EXPECT_TRUE(block.bytes == nullptr || block.size == blocks[0].size());
  }
  for (size_t size = 0; size < good.size(); size += 13)
    (void)Dictionary::open(ByteView(good).substr(0, size));
}

}  // namespace
}  // namespace coppice::engine
