#include "actors/store_directory.hpp"

#include <gtest/gtest.h>

#include "engine/table/block_cache.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

class StoreDirectoryTest : public testing::Test {
protected:
  Result<std::unique_ptr<StoreDirectory>> open(const std::vector<Bytes>& boundaries = {}) {
    return StoreDirectory::open(env, "/data/store", boundaries);
  }
  Errc open_error() { return open().status().error().code; }

  engine::MemoryFileSystem files;
  engine::BlockCache cache{1 << 20};
  engine::TreeEnv env{files, cache, 42};
};

TEST_F(StoreDirectoryTest, AMissingDirectoryBecomesAStore) {
  { ASSERT_EQ((*open({"m"}))->map().shards.size(), 2u); }
  // Boundaries count at creation only.
  EXPECT_EQ((*open({"a", "b", "c"}))->map().shards.size(), 2u);
}

TEST_F(StoreDirectoryTest, ASecondHolderIsRefused) {
  const auto held = open();
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(open_error(), Errc::in_use);
}

TEST_F(StoreDirectoryTest, AForeignDirectoryIsLeftAlone) {
  ASSERT_TRUE(files.make_directory("/data/store").ok());
  ASSERT_TRUE(files.create("/data/store/holiday.jpg").ok());
  const Status refused = open().status();
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_NE(refused.error().text.find("holiday.jpg"), std::string::npos);
  EXPECT_EQ(files.list("/data/store")->size(), 1u);
}

TEST_F(StoreDirectoryTest, ShardsWithoutAMapAreDamageAndStay) {
  { ASSERT_TRUE(open().ok()); }
  ASSERT_TRUE(files.remove("/data/store/SHARDS").ok());
  EXPECT_EQ(open_error(), Errc::corruption);
  EXPECT_TRUE(*files.exists("/data/store/shards/000001/MANIFEST"));
}

TEST_F(StoreDirectoryTest, ACreationThatStopsAnywhereIsDoneAnew) {
  uint64_t operations = 0;
  {
    const uint64_t before = files.operation_count();
    ASSERT_TRUE(open({"m"}).ok());
    operations = files.operation_count() - before;
  }
  for (uint64_t stop = 0; stop < operations; ++stop) {
    engine::MemoryFileSystem fresh;
    const engine::TreeEnv fresh_env{fresh, cache, 42};
    fresh.stop_after(stop);
    (void)StoreDirectory::open(fresh_env, "/data/store", {"m"});
    fresh.crash(stop);
    const auto opened = StoreDirectory::open(fresh_env, "/data/store", {"m"});
    ASSERT_TRUE(opened.ok()) << "stopped after " << stop << ": " << to_string(opened.error());
    for (const ShardMap::Shard& shard : (*opened)->map().shards)
      EXPECT_TRUE(engine::Tree::open(fresh_env, (*opened)->shard_directory(shard.id), {}).ok()) << stop;
  }
}

TEST_F(StoreDirectoryTest, OnlyDirectoriesOfShardsOutsideTheMapAreRemoved) {
  auto directory = open();
  ASSERT_TRUE(files.make_directory("/data/store/shards/000009").ok());
  ASSERT_TRUE(files.make_directory("/data/store/shards/notes").ok());
  ASSERT_TRUE((*directory)->remove_orphans().ok());
  EXPECT_TRUE(*files.exists("/data/store/shards/000001"));
  EXPECT_TRUE(*files.exists("/data/store/shards/notes"));
  EXPECT_FALSE(*files.exists("/data/store/shards/000009"));
}

TEST_F(StoreDirectoryTest, ANewShardFindsNothingOfAnEarlierOne) {
  auto directory = open();
  ASSERT_TRUE(files.make_directory("/data/store/shards/000002/leftover").ok());
  EXPECT_EQ(*(*directory)->new_shard_id(), 2u);
  EXPECT_FALSE(*files.exists("/data/store/shards/000002"));
}

TEST_F(StoreDirectoryTest, AMapThatCouldNotBeWrittenIsSettledAsTheOldOne) {
  auto directory = open();
  const uint64_t left = *(*directory)->new_shard_id();
  const uint64_t right = *(*directory)->new_shard_id();
  ShardMap map = (*directory)->map().after_split(1, "m", left, right);
  // The last step: the new map lies there, and whether it would survive is unknown.
  files.fail_after(5);
  ASSERT_FALSE((*directory)->write_map(map).ok());
  files.heal();
  EXPECT_EQ((*directory)->map().shards.size(), 1u);
  ASSERT_TRUE((*directory)->settle_map().ok());
  const Result<ShardMap> read = read_shard_map(files, "/data/store/SHARDS");
  EXPECT_EQ(read->shards.size(), 1u);
  EXPECT_GT(read->epoch, map.epoch);
}

}  // namespace
}  // namespace coppice::actors
