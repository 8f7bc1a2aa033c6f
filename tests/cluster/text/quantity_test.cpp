#include "cluster/text/quantity.hpp"

#include <gtest/gtest.h>

namespace coppice::cluster {
namespace {

TEST(ParseSizeTest, ReadsEveryWayToWriteOne) {
  EXPECT_EQ(*parse_size("0"), 0u);
  EXPECT_EQ(*parse_size("4096"), 4096u);
  EXPECT_EQ(*parse_size("12B"), 12u);
  for (const char* text : {"64MiB", "64 MiB", "64M", "64mb", "65536 KiB", "0.0625GiB"})
    EXPECT_EQ(*parse_size(text), 64u << 20) << text;
  EXPECT_EQ(*parse_size("2t"), 2ull << 40);
}

TEST(ParseSizeTest, RefusesWhatIsNone) {
  for (const char* text : {"", "MiB", "-1", "12 apples", "1.5", "64 MiBB", "12BiB", "1e3", "nan", "9000000T"})
    EXPECT_EQ(parse_size(text).status().error().code, Errc::invalid_argument) << text;
}

TEST(SizeTextTest, TakesTheUnitThatFits) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size_text(256 << 20), "256.0 MiB");
  EXPECT_EQ(size_text(UINT64_MAX), "16.0 EiB");
}

TEST(CountTextTest, PartsThousands) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(0, "record"), "0 records");
  EXPECT_EQ(count_text(1, "record"), "1 record");
  EXPECT_EQ(count_text(1234, "record"), "1,234 records");
}

TEST(DurationTextTest, TakesTheUnitsThatFit) {
  EXPECT_EQ(duration_text(850), "850 ms");
  EXPECT_EQ(duration_text(12340), "12.3 s");
  EXPECT_EQ(duration_text(245 * 1000), "4 min 5 s");
  EXPECT_EQ(duration_text((3 * 60 + 2) * 60000), "3 h 2 min");
  EXPECT_EQ(duration_text((12 * 24 + 3) * 3600000ull), "12 d 3 h");
}

TEST(ParseDurationTest, TakesANumberWithAUnit) {
  EXPECT_EQ(*parse_duration("0"), 0u);
  EXPECT_EQ(*parse_duration("250ms"), 250u);
  EXPECT_EQ(*parse_duration("30s"), 30'000u);
  EXPECT_EQ(*parse_duration("5 min"), 300'000u);
  EXPECT_EQ(*parse_duration("2h"), 7'200'000u);
  EXPECT_EQ(*parse_duration("7d"), 604'800'000u);
  for (const char* text :
       {"", "s", "30", "-1s", "1.5h", "3 weeks", "30s ", "99999999999999999999s", "18446744073709551615d"})
    EXPECT_EQ(parse_duration(text).status().error().code, Errc::invalid_argument) << text;
}

}  // namespace
}  // namespace coppice::cluster
