#include "engine/table/compression.hpp"

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

}  // namespace
}  // namespace coppice::engine
