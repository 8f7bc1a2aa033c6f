#include "cluster/text/encoding.hpp"

#include <gtest/gtest.h>

namespace coppice::cluster {
namespace {

Bytes every_byte() {
  Bytes bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

TEST(EncodingTest, EveryByteComesBack) {
  for (Encoding encoding : {Encoding::raw, Encoding::escaped, Encoding::hex})
    EXPECT_EQ(*decode(encode(every_byte(), encoding), encoding), every_byte());
}

TEST(EncodingTest, TextStaysReadableAndOnItsLine) {
  EXPECT_EQ(encode(ByteView("a b\t\n\r\\\0\xff", 9), Encoding::escaped), "a b\\t\\n\\r\\\\\\x00\\xff");
  EXPECT_EQ(encode("a\n", Encoding::hex), "610a");
  EXPECT_EQ(encode(every_byte(), Encoding::escaped).find_first_of("\t\n"), Bytes::npos);
}

TEST(EncodingTest, UnescapedBytesStandForThemselves) {
  EXPECT_EQ(*decode("gr\xc3\xbc\xc3\x9f", Encoding::escaped), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(*decode("\\x4A\\x4b", Encoding::escaped), "JK");
}

TEST(EncodingTest, SaysWhereItCannotRead) {
  for (const char* text : {"ab\\", "ab\\q", "ab\\x4", "ab\\xg0", "ab\\x"}) {
    const auto bytes = decode(text, Encoding::escaped);
    ASSERT_FALSE(bytes.ok()) << text;
    EXPECT_NE(bytes.error().text.find("offset 2"), std::string::npos) << bytes.error().text;
  }
  EXPECT_FALSE(decode("616", Encoding::hex).ok());
  EXPECT_FALSE(decode("6 ", Encoding::hex).ok());
}

}  // namespace
}  // namespace coppice::cluster
