#include "actors/store_directory.hpp"

#include <map>

#include <gtest/gtest.h>

#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

class StoreDirectoryTest : public testing::Test {
protected:
  Result<std::unique_ptr<StoreDirectory>> open(const std::vector<Bytes>& boundaries = {}) {
    return StoreDirectory::open(trees, env, "/data/store", boundaries);
  }
  Errc open_error() { return open().status().error().code; }

  engine::MemoryFileSystem files;
  engine::BlockCache cache{1 << 20};
  engine::TreeEnv env{files, cache, 42};
  engine::TreeEngine trees;
};

TEST_F(StoreDirectoryTest, AMissingDirectoryBecomesAStore) {
  { ASSERT_EQ((*open({"m"}))->map().shards.size(), 2u); }
  // Boundaries count at creation only.
  EXPECT_EQ((*open({"a", "b", "c"}))->map().shards.size(), 2u);
}

TEST_F(StoreDirectoryTest, ANewStoreIsThereAfterAPowerLoss) {
  { ASSERT_TRUE(open({"m"}).ok()); }
  files.crash();
  EXPECT_EQ((*open())->map().shards.size(), 2u);
}

TEST_F(StoreDirectoryTest, SoIsOneInADirectoryThatWasMadeAndNotSynced) {
  ASSERT_TRUE(files.make_directory("/data").ok());
  ASSERT_TRUE(files.sync_directory("/").ok());
  ASSERT_TRUE(files.make_directory("/data/store").ok());
  { ASSERT_TRUE(open({"m"}).ok()); }
  files.crash();
  EXPECT_EQ((*open())->map().shards.size(), 2u);
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
    (void)StoreDirectory::open(trees, fresh_env, "/data/store", {"m"});
    fresh.crash(stop);
    const auto opened = StoreDirectory::open(trees, fresh_env, "/data/store", {"m"});
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

class StoreDirectoryKeysTest : public StoreDirectoryTest {
protected:
  Result<std::unique_ptr<StoreDirectory>> open_with(const engine::KeyRing& keys) {
    env.keys = keys;
    return open({"secret-boundary"});
  }
  /// LOCK says who looked last.
  std::map<std::string, Bytes> contents() {
    std::map<std::string, Bytes> found{{"SHARDS", files.content("/data/store/SHARDS")}};
    for (const std::string shard : {"/data/store/shards/000001", "/data/store/shards/000002"}) {
      const auto names = files.list(shard);
      for (const std::string& name : *names) found[shard + name] = files.content(shard + "/" + name);
    }
    return found;
  }
};

TEST_F(StoreDirectoryKeysTest, NoFileOfANewStoreSaysWhereItIsCut) {
  { ASSERT_TRUE(open_with(engine::ring('a')).ok()); }
  for (const auto& [name, content] : contents()) EXPECT_EQ(content.find("secret"), Bytes::npos) << name;
  EXPECT_EQ((*open_with(engine::ring('a')))->map().range(0).end, "secret-boundary");
}

TEST_F(StoreDirectoryKeysTest, AWrongKeyOrNoneIsRefusedWithNothingWritten) {
  { ASSERT_TRUE(open_with(engine::ring('a')).ok()); }
  const auto before = contents();
  for (const engine::KeyRing& keys : {engine::KeyRing(), engine::ring('b')}) {
    const Status opened = open_with(keys).status();
    EXPECT_EQ(opened.error().code, Errc::invalid_argument);
    EXPECT_NE(opened.error().text.find(engine::key_name(engine::key('a').id())), std::string::npos);
    EXPECT_EQ(contents(), before);
  }
}

// The map has the new key already, the second shard still needs the old one: the first is not begun with either.
TEST_F(StoreDirectoryKeysTest, AKeyThatOneShardStillNeedsIsMissedBeforeAnyIsOpened) {
  { ASSERT_TRUE(open_with(engine::ring('a')).ok()); }
  { ASSERT_TRUE(open_with(engine::ring('b', "a")).ok()); }
  ASSERT_EQ(*read_shard_map_key(files, "/data/store/SHARDS", engine::ring('b')), engine::key('b').id());
  {
    auto first = engine::Tree::open(env, "/data/store/shards/000001", {});
    ASSERT_TRUE(first.ok() && (*first)->close().ok());
  }
  const auto before = contents();
  const Status opened = open_with(engine::ring('b')).status();
  EXPECT_EQ(opened.error().code, Errc::invalid_argument);
  EXPECT_NE(opened.error().text.find("000002"), std::string::npos) << opened.error().text;
  EXPECT_EQ(contents(), before);
}

TEST_F(StoreDirectoryKeysTest, TheMapIsWrittenAnewWithTheKeyOfToday) {
  const auto key_of_map = [&] {
    return *read_shard_map_key(files, "/data/store/SHARDS", engine::ring('a', "b"));
  };
  { ASSERT_TRUE(open_with({}).ok()); }
  EXPECT_EQ(key_of_map(), 0u);
  { ASSERT_TRUE(open_with(engine::ring('a')).ok()); }
  EXPECT_EQ(key_of_map(), engine::key('a').id());
  { ASSERT_TRUE(open_with(engine::ring('b', "a")).ok()); }
  EXPECT_EQ(key_of_map(), engine::key('b').id());
  const Bytes whole = files.content("/data/store/SHARDS");
  for (uint64_t bit = 0; bit < 8 * whole.size(); ++bit) {
    files.set_content("/data/store/SHARDS", whole);
    files.flip_bit("/data/store/SHARDS", bit);
    const Errc code = open_error();
    EXPECT_TRUE(code == Errc::corruption || code == Errc::unsupported) << bit;
  }
  files.set_content("/data/store/SHARDS", whole);
  { ASSERT_TRUE(open_with(engine::reading_ring("b")).ok()); }
  EXPECT_EQ(key_of_map(), 0u);
}

}  // namespace
}  // namespace coppice::actors
