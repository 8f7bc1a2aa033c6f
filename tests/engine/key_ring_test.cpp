#include "engine/secrecy/key_ring.hpp"

#include <set>

#include <gtest/gtest.h>

#include "tests/support/keys.hpp"

namespace coppice::engine {
namespace {

TEST(KeyRingTest, WithoutKeysFilesArePlain) {
  const KeyRing none;
  EXPECT_EQ(none.current(), 0u);
  EXPECT_EQ(none.begin(FileUse::log).cipher, nullptr);
  EXPECT_EQ(none.begin(FileUse::log).seal, Seal{});
  EXPECT_TRUE(none.has(0));
  EXPECT_EQ(none.open({}, FileUse::log, "f")->cipher, nullptr);
}

TEST(KeyRingTest, AFileOfAnyKeyInTheRingIsRead) {
  const FileSeal written = ring('a').begin(FileUse::table);
  const ByteView plain = "a piece";
  Bytes sealed(plain.size() + kTagSize, '\0');
  written.cipher->seal({}, {}, {&plain, 1}, sealed.data());
  for (const KeyRing& keys : {ring('a'), ring('b', "ca"), reading_ring("a")}) {
    const auto read = keys.open(written.seal, FileUse::table, "f");
    ASSERT_TRUE(read.ok());
    Bytes opened(sealed.size(), '\0');
    ASSERT_TRUE(read->cipher->open({}, {}, sealed, opened.data()));
    EXPECT_EQ(opened.substr(0, plain.size()), plain);
  }
}

TEST(KeyRingTest, NewFilesHaveTheCurrentKey) {
  EXPECT_EQ(ring('b', "a").begin(FileUse::log).seal.key_id, key('b').id());
  EXPECT_EQ(ring('b', "a").current(), key('b').id());
  EXPECT_EQ(reading_ring("a").current(), 0u);
  EXPECT_EQ(reading_ring("a").begin(FileUse::log).cipher, nullptr);
}

TEST(KeyRingTest, AMissingKeyIsNamedAndWhereToGiveIt) {
  const FileSeal written = ring('a').begin(FileUse::table);
  for (const KeyRing& keys : {KeyRing(), ring('b', "c")}) {
    const auto read = keys.open(written.seal, FileUse::table, "000012.sst");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, Errc::invalid_argument);
    for (const std::string& part :
         {std::string("000012.sst"), key_name(key('a').id()), std::string("encryption_key")})
      EXPECT_NE(read.error().text.find(part), std::string::npos) << read.error().text;
  }
}

TEST(KeyRingTest, NoTwoFilesHaveOneSalt) {
  const KeyRing keys = ring('a');
  std::set<std::array<char, kFileSaltSize>> salts;
  for (int i = 0; i < 1'000; ++i) salts.insert(keys.begin(FileUse::log).seal.salt);
  EXPECT_EQ(salts.size(), 1'000u);
}

}  // namespace
}  // namespace coppice::engine
