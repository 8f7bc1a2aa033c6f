#include "cluster/wire/address.hpp"

#include <gtest/gtest.h>

namespace coppice::wire {
namespace {

std::string parsed(std::string_view text) {
  auto address = parse_address(text);
  return address.ok() ? to_string(*address) : "refused";
}

TEST(AddressTest, TakesWhatPeopleWrite) {
  EXPECT_EQ(parsed("127.0.0.1:80"), "127.0.0.1:80");
  EXPECT_EQ(parsed("db.example"), "db.example:4640");
  EXPECT_EQ(parsed(":0"), "0.0.0.0:0");
  EXPECT_EQ(parsed("[::1]:5000"), "[::1]:5000");
  EXPECT_EQ(parsed("[::1]"), "[::1]:4640");
  EXPECT_EQ(parsed("fe80::1"), "[fe80::1]:4640");
}

TEST(AddressTest, RefusesWhatCannotBeMeant) {
  for (const char* text : {"", "host:", "host:port", "host:65536", "host:-1", "host:1x", "[::1", "[::1]x",
                           "a b:1", "http://host:1", "\xc3\xa9:1", "[[::1]:1", "ho]st:1", "ho[st", "[a[b]"})
    EXPECT_EQ(parsed(text), "refused") << text;
}

TEST(AddressTest, ARefusalSaysWhatToWrite) {
  EXPECT_NE(parse_address("host:port").error().text.find("write host:port, such as 127.0.0.1:4640"),
            std::string::npos);
}

}  // namespace
}  // namespace coppice::wire
