#include "cluster/text/record.hpp"

#include <gtest/gtest.h>

namespace coppice::cluster {
namespace {

Bytes line_of(ByteView key, ByteView value, Encoding encoding) {
  Bytes line;
  EXPECT_TRUE(append_record(line, key, value, encoding).ok());
  EXPECT_EQ(line.back(), '\n');
  line.pop_back();
  return line;
}

TEST(RecordTest, TheFirstTabParts) {
  const auto record = parse_record("key\tvalue\twith a tab", Encoding::raw);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->key, "key");
  EXPECT_EQ(record->value, "value\twith a tab");
  EXPECT_EQ(parse_record("key\t", Encoding::raw)->value, "");
}

TEST(RecordTest, WhatIsWrittenIsRead) {
  const Bytes odd("\t\n\0\\", 4);
  for (Encoding encoding : {Encoding::escaped, Encoding::hex}) {
    const auto record = parse_record(line_of(odd, odd, encoding), encoding);
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->key, odd);
    EXPECT_EQ(record->value, odd);
  }
  EXPECT_EQ(parse_record(line_of("k", "a\tb\r", Encoding::raw), Encoding::raw)->value, "a\tb\r");
}

TEST(RecordTest, RefusesALineThatIsNone) {
  EXPECT_NE(parse_record("no tab", Encoding::raw).status().error().text.find("TAB"), std::string::npos);
  EXPECT_NE(parse_record("\tvalue", Encoding::raw).status().error().text.find("empty"), std::string::npos);
  EXPECT_FALSE(parse_record(Bytes(kKeySizeMax + 1, 'k') + "\tv", Encoding::raw).ok());
  EXPECT_NE(parse_record("k\t\\q", Encoding::escaped).status().error().text.find("value"), std::string::npos);
  EXPECT_TRUE(parse_record(Bytes(kKeySizeMax, 'k') + "\tv", Encoding::raw).ok());
}

TEST(RecordTest, RefusesToWriteARawLineThatWouldBeReadOtherwise) {
  Bytes text = "before";
  for (const auto& [key, value] : {std::pair("a\tb", "v"), std::pair("a\nb", "v"), std::pair("a", "v\nw")}) {
    const Status written = append_record(text, key, value, Encoding::raw);
    ASSERT_FALSE(written.ok());
    EXPECT_NE(written.error().text.find("--escaped"), std::string::npos);
    EXPECT_EQ(text, "before");
  }
}

}  // namespace
}  // namespace coppice::cluster
