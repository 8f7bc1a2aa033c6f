#include "schema/types.hpp"

#include <gtest/gtest.h>

namespace coppice {
namespace {

TEST(KeyRangeTest, PrefixHoldsEveryKeyThatStartsWithIt) {
  const KeyRange range = prefix_range("ab");
  EXPECT_TRUE(range.contains("ab"));
  EXPECT_TRUE(range.contains("ab\xff\xff"));
  EXPECT_FALSE(range.contains("aa"));
  EXPECT_FALSE(range.contains("ac"));
}

TEST(KeyRangeTest, PrefixOfHighestBytesEndsWhereItCan) {
  EXPECT_EQ(prefix_range("a\xff").end, "b");
  EXPECT_EQ(prefix_range("\xff\xff").end, std::nullopt);
  EXPECT_EQ(prefix_range("").end, std::nullopt);
}

TEST(KeyRangeTest, IntersectionIsWhatBothHold) {
  EXPECT_EQ(intersection({"a", "m"}, {"g", std::nullopt}), (KeyRange{"g", "m"}));
  EXPECT_TRUE(intersection({"a", "c"}, {"d", "e"}).empty());
  EXPECT_FALSE((KeyRange{"a", "c"}).overlaps({"c", std::nullopt}));
  EXPECT_TRUE((KeyRange{"a", "c"}).overlaps({"b", "b\x01"}));
}

TEST(LimitsTest, KeysHaveOneTo16KiB) {
  EXPECT_FALSE(check_key("").ok());
  EXPECT_TRUE(check_key("k").ok());
  EXPECT_TRUE(check_key(Bytes(kKeySizeMax, 'k')).ok());
  EXPECT_EQ(check_key(Bytes(kKeySizeMax + 1, 'k')).error().code, Errc::invalid_argument);
}

TEST(PrintableTest, ShowsOddBytesAsHexAndCutsLongText) {
  EXPECT_EQ(printable(ByteView("a\0\"", 3)), "\"a\\x00\\x22\"");
  EXPECT_EQ(printable(Bytes(70, 'x')), "\"" + Bytes(64, 'x') + "\" (70 bytes)");
}

}  // namespace
}  // namespace coppice
