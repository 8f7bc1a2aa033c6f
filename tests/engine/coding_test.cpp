#include "engine/base/coding.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

TEST(CodingTest, FixedIntegersAreLittleEndian) {
  Bytes bytes;
  put_fixed(bytes, uint32_t{0x04030201});
  put_fixed(bytes, uint16_t{0x0605});
  EXPECT_EQ(bytes, "\x01\x02\x03\x04\x05\x06");

  ByteView rest = bytes;
  EXPECT_EQ(take_fixed<uint32_t>(rest), 0x04030201u);
  EXPECT_EQ(take_fixed<uint32_t>(rest), std::nullopt);
  EXPECT_EQ(take_fixed<uint16_t>(rest), 0x0605);
  EXPECT_TRUE(rest.empty());
}

TEST(CodingTest, VarintsOfEveryWidthComeBack) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t value : {uint64_t{1} << shift, (uint64_t{1} << shift) - 1, UINT64_MAX >> shift}) {
      Bytes bytes;
      put_varint(bytes, value);
      EXPECT_EQ(bytes.size(), varint_size(value));
      bytes += "behind";
      ByteView rest = bytes;
      EXPECT_EQ(take_varint(rest), value);
      EXPECT_EQ(rest, "behind");
    }
  }
}

TEST(CodingTest, VarintThatEndsTooEarlyIsNothingAndTakesNothing) {
  Bytes bytes;
  put_varint(bytes, UINT64_MAX);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteView rest = ByteView(bytes).substr(0, size);
    EXPECT_EQ(take_varint(rest), std::nullopt);
    EXPECT_EQ(rest.size(), size);
  }
}

TEST(CodingTest, VarintOfMoreThanItsBitsIsNothing) {
  const Bytes most = Bytes(9, '\xff') + '\x01';
  ByteView rest = most;
  EXPECT_EQ(take_varint(rest), UINT64_MAX);
  for (const Bytes& bytes : {Bytes(9, '\xff') + '\x02', Bytes(10, '\x80') + '\0', Bytes(20, '\xff')}) {
    rest = bytes;
    EXPECT_EQ(take_varint(rest), std::nullopt);
    EXPECT_EQ(rest.size(), bytes.size());
  }

  Bytes bytes;
  put_varint(bytes, uint64_t{UINT32_MAX} + 1);
  rest = bytes;
  EXPECT_EQ(take_varint32(rest), std::nullopt);
  EXPECT_EQ(rest.size(), bytes.size());
}

TEST(CodingTest, SizedBytesNeverReachPastTheirInput) {
  Bytes bytes;
  put_sized(bytes, "");
  put_sized(bytes, "abc");
  ByteView rest = bytes;
  EXPECT_EQ(take_sized(rest), "");
  EXPECT_EQ(take_sized(rest), "abc");
  EXPECT_EQ(take_sized(rest), std::nullopt);

  rest = ByteView(bytes).substr(1, 3);
  EXPECT_EQ(take_sized(rest), std::nullopt);
  EXPECT_EQ(rest.size(), 3u);

  Bytes huge;
  put_varint(huge, UINT64_MAX);
  rest = huge;
  EXPECT_EQ(take_sized(rest), std::nullopt);
}

}  // namespace
}  // namespace coppice::engine
