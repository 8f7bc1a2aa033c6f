#include "engine/base/checksum.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

TEST(ChecksumTest, IsXxh3AndStaysSo) {
  // Files bear these values: a change here makes every existing store unreadable.
  EXPECT_EQ(checksum("", 0), 0x2d06800538d394c2u);
  EXPECT_EQ(checksum("abc", 0), 0x78af5f94892f3950u);
}

TEST(ChecksumTest, TellsEveryFlippedBitAndEverySeed) {
  Bytes bytes(300, 'x');
  const uint64_t before = checksum(bytes, 7);
  EXPECT_NE(checksum(bytes, 8), before);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(checksum(bytes, 7), before);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

}  // namespace
}  // namespace coppice::engine
