#include "actors/shard_map.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

class ShardMapTest : public testing::Test {
protected:
  ShardMapTest() { EXPECT_TRUE(files.make_directory("/store").ok()); }

  Errc code_of_read() { return read_shard_map(files, kPath).status().error().code; }

  static constexpr const char* kPath = "/store/SHARDS";
  engine::MemoryFileSystem files;
};

TEST_F(ShardMapTest, ANewMapCutsTheKeysAtTheBoundaries) {
  const Result<ShardMap> map = ShardMap::create(7, {"h", "q"});
  ASSERT_TRUE(map.ok());
  ASSERT_EQ(map->shards.size(), 3u);
  EXPECT_EQ(map->range(0), (KeyRange{"", "h"}));
  EXPECT_EQ(map->range(1), (KeyRange{"h", "q"}));
  EXPECT_EQ(map->range(2), (KeyRange{"q", std::nullopt}));
}

TEST_F(ShardMapTest, BoundariesMustBeKeysThatRise) {
  EXPECT_EQ(ShardMap::create(7, {"q", "h"}).status().error().code, Errc::invalid_argument);
  EXPECT_EQ(ShardMap::create(7, {"h", "h"}).status().error().code, Errc::invalid_argument);
  EXPECT_EQ(ShardMap::create(7, {""}).status().error().code, Errc::invalid_argument);
}

TEST_F(ShardMapTest, ASplitPutsTwoShardsInThePlaceOfOne) {
  ShardMap map = *ShardMap::create(7, {"h"});
  map.next_shard_id = 5;
  const ShardMap after = map.after_split(1, "c", 3, 4);
  EXPECT_EQ(after.epoch, map.epoch + 1);
  EXPECT_EQ(after.shards, (std::vector<ShardMap::Shard>{{3, ""}, {4, "c"}, {2, "h"}}));
}

TEST_F(ShardMapTest, IsReadAsItWasWritten) {
  ShardMap map = *ShardMap::create(7, {Bytes("\0\xff", 2), "h"});
  map.cold_id = 8;
  ASSERT_TRUE(write_shard_map(files, kPath, map).ok());
  const Result<ShardMap> read = read_shard_map(files, kPath);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, map);
}

TEST_F(ShardMapTest, AMapThatHasUsedUpAllIdsIsDamaged) {
  ShardMap map = *ShardMap::create(7, {"h"});
  map.next_shard_id = kShardIdMax + 1;
  ASSERT_TRUE(write_shard_map(files, kPath, map).ok());
  EXPECT_EQ(code_of_read(), Errc::corruption);
}

TEST_F(ShardMapTest, EveryFlippedBitIsFound) {
  ASSERT_TRUE(write_shard_map(files, kPath, *ShardMap::create(7, {"h"})).ok());
  const uint64_t bits = files.content(kPath).size() * 8;
  for (uint64_t bit = 0; bit < bits; ++bit) {
    files.flip_bit(kPath, bit);
    const Result<ShardMap> read = read_shard_map(files, kPath);
    ASSERT_FALSE(read.ok()) << "bit " << bit;
    // A flipped version may claim to be newer.
    EXPECT_TRUE(read.error().code == Errc::corruption || read.error().code == Errc::unsupported);
    files.flip_bit(kPath, bit);
  }
}

TEST_F(ShardMapTest, EveryTruncationIsFound) {
  ASSERT_TRUE(write_shard_map(files, kPath, *ShardMap::create(7, {"h"})).ok());
  const Bytes whole = files.content(kPath);
  for (size_t size = 0; size < whole.size(); ++size) {
    files.set_content(kPath, whole.substr(0, size));
    EXPECT_EQ(code_of_read(), Errc::corruption) << size << " bytes";
  }
  files.set_content(kPath, whole + "x");
  EXPECT_EQ(code_of_read(), Errc::corruption);
}

TEST_F(ShardMapTest, AMissingFileIsNotFound) { EXPECT_EQ(code_of_read(), Errc::not_found); }

TEST_F(ShardMapTest, ANewerFormatIsUnsupported) {
  ASSERT_TRUE(write_shard_map(files, kPath, *ShardMap::create(7, {})).ok());
  Bytes content = files.content(kPath);
  content[8] = 2;
  files.set_content(kPath, content);
  EXPECT_EQ(code_of_read(), Errc::unsupported);
}

// After a change of the format, raise its number, and write another file beside the old ones, which stay as they are, by
//   COPPICE_WRITE_GOLDEN=tests/golden/shard-map-format-<n> actors_test --gtest_filter='*EveryEarlierFormatStillOpens'
TEST_F(ShardMapTest, EveryEarlierFormatStillOpens) {
  ShardMap map = *ShardMap::create(0x0123456789abcdef, {Bytes("\0\xff", 2), "h", Bytes(1000, 'q')});
  map.next_shard_id = 7;
  map = map.after_split(2, "c", 5, 6);
  engine::PosixFileSystem disk;
  if (const char* target = std::getenv("COPPICE_WRITE_GOLDEN")) {
    ASSERT_TRUE(write_shard_map(disk, target, map).ok());
  }
  for (const char* name : {"shard-map-format-1"}) {
    const auto read = read_shard_map(disk, std::string(COPPICE_SOURCE_DIR "/tests/golden/") + name);
    ASSERT_TRUE(read.ok()) << to_string(read.error());
    EXPECT_EQ(*read, map);
  }
}

}  // namespace
}  // namespace coppice::actors
