#include "engine/io/file_names.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

TEST(FileNamesTest, NumbersHaveSixDigitsOrMore) {
  EXPECT_EQ(log_file_name(12), "000012.log");
  EXPECT_EQ(table_file_name(999999), "999999.sst");
  EXPECT_EQ(table_file_name(1000000), "1000000.sst");
}

TEST(FileNamesTest, EveryNameWeGiveIsParsedBack) {
  using Kind = FileName::Kind;
  EXPECT_EQ(parse_file_name(kManifestName), FileName{Kind::manifest});
  EXPECT_EQ(parse_file_name(kFreshManifestName), FileName{Kind::fresh_manifest});
  EXPECT_EQ(parse_file_name(kLockName), FileName{Kind::lock});
  for (const uint64_t number : {uint64_t{0}, uint64_t{7}, uint64_t{1000000}, kFileNumberMax}) {
    EXPECT_EQ(parse_file_name(log_file_name(number)), (FileName{Kind::log, number}));
    EXPECT_EQ(parse_file_name(table_file_name(number)), (FileName{Kind::table, number}));
  }
}

TEST(FileNamesTest, NamesThatWeWouldNotGiveAreForeign) {
  for (const char* name :
       {"", ".log", "1.log", "0000001.log", "000001.LOG", "000001.sst~", "00000a.sst", "-00001.sst",
        "+00001.sst", "18446744073709551616.log", "manifest", "MANIFEST.old"})
    EXPECT_EQ(parse_file_name(name), std::nullopt) << name;
}

TEST(FileNamesTest, NumbersThatNoTreeGetsToAreForeign) {
  EXPECT_EQ(parse_file_name(table_file_name(kFileNumberMax + 1)), std::nullopt);
  EXPECT_EQ(parse_file_name(log_file_name(UINT64_MAX)), std::nullopt);
  EXPECT_EQ(parse_loose_file_name(table_file_name(kStrangeNumberMin)), std::nullopt);
  EXPECT_EQ(parse_loose_file_name(table_file_name(kStrangeNumberMin - 1)),
            (FileName{FileName::Kind::table, kStrangeNumberMin - 1}));
}

TEST(FileNamesTest, PathsAreJoinedAndTakenApart) {
  EXPECT_EQ(join_path("a/b", "c"), "a/b/c");
  EXPECT_EQ(join_path("/", "c"), "/c");
  EXPECT_EQ(parent_directory("a/b/c"), "a/b");
  EXPECT_EQ(parent_directory("a/b/"), "a");
  EXPECT_EQ(parent_directory("/c"), "/");
  EXPECT_EQ(parent_directory("c"), ".");
}

}  // namespace
}  // namespace coppice::engine
