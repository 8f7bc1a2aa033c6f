// Whose a cold directory is, and whether it is there, before anything is written or removed.
#include "actors/cold_store.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "actors/store_directory.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/two_disks.hpp"

namespace coppice::actors {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class ColdStoreTest : public testing::Test {
protected:
  ColdStoreTest() {
    for (const char* const directory : {"/slow", "/data/store", "/data/other"})
      EXPECT_TRUE(memory.make_directory(directory).ok());
  }

  using Opened = Result<std::unique_ptr<StoreDirectory>>;
  Opened open(const std::string& cold = "/slow", const std::string& store = "/data/store") {
    return StoreDirectory::open(trees, env, store, {"m"}, cold);
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  /// The error, and nothing made or changed but locks.
  Error refused(const std::string& cold, const std::string& store = "/data/store") {
    const auto before = names();
    const Opened opened = open(cold, store);
    EXPECT_FALSE(opened.ok());
    EXPECT_EQ(names(), before);
    EXPECT_EQ(disks.made_unmounted(), 0u);
    return opened.ok() ? Error{Errc::cancelled, ""} : opened.error();
  }
  /// Of the first shard.
  engine::TreeEnv env_of(const StoreDirectory& store) {
    engine::TreeEnv all = env;
    all.cold_directory = store.cold_shard_directory(1);
    return all;
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const std::string directory : {"/", "/slow", "/slow/shards", "/slow/shards/000001", "/data/store"}) {
      const auto listed = memory.list(directory);
      if (!listed.ok()) continue;
      for (const std::string& name : *listed)
        if (name != engine::kLockName) found.push_back(engine::join_path(directory, name));
    }
    return found;
  }
  /// Gives the first shard tables in the cold directory.
  void fill(StoreDirectory& store) {
    const std::atomic<bool> never{false};
    auto tree = engine::Tree::open(env_of(store), store.shard_directory(1), {});
    ASSERT_TRUE(tree.ok()) << to_string(tree.error());
    engine::Batch batch;
    ok(batch.put("a", "value"));
    ok((*tree)->write(batch, Timestamp{(*tree)->last_commit().raw + 1}, Durability::synced));
    ok((*tree)->seal_memtable());
    for (auto job = (*tree)->plan_flush({}); job; job = (*tree)->plan_merge_range({}, {})) {
      job->run(never);
      ok((*tree)->install(*std::move(job)));
    }
    EXPECT_GE((*tree)->stats().cold.count, 1u);
    ok((*tree)->close());
  }

  engine::TreeEngine trees;
  engine::MemoryFileSystem memory;
  engine::TwoDisks disks{memory, "/slow"};
  engine::BlockCache cache{1 << 20};
  engine::TreeEnv env{.files = disks, .cache = cache, .seed = 42};
};

TEST_F(ColdStoreTest, AnEmptyDirectoryBecomesTheStoresOwn) {
  ok(memory.make_directory("/slow/lost+found"));
  {
    const Opened store = open();
    ok(store.status());
    EXPECT_EQ((*store)->cold_shard_directory(2), "/slow/shards/000002");
    EXPECT_NE((*store)->map().cold_id, 0u);
  }
  const Opened again = open();
  ok(again.status());
  EXPECT_EQ(open("/slow", "/data/other").status().error().code, Errc::invalid_argument);
}

TEST_F(ColdStoreTest, AStoreThatIsThereGetsOne) {
  { EXPECT_EQ((*open(""))->cold_shard_directory(1), ""); }
  const Opened store = open();
  ok(store.status());
  fill(**store);
}

TEST_F(ColdStoreTest, AClaimThatStopsAnywhereIsDoneAnew) {
  bool whole = false;
  uint64_t stop = 0;
  for (; !whole; ++stop) {
    SCOPED_TRACE("stopped after " + std::to_string(stop));
    engine::MemoryFileSystem fresh;
    // What is drawn the second time is another id.
    const auto seeded = [&](uint64_t seed) {
      return engine::TreeEnv{.files = fresh, .cache = cache, .seed = seed};
    };
    ok(StoreDirectory::open(trees, seeded(1), "/store", {}).status());
    fresh.crash();
    fresh.stop_after(stop);
    whole = StoreDirectory::open(trees, seeded(2), "/store", {}, "/cold").ok();
    fresh.crash(stop);
    const auto opened = StoreDirectory::open(trees, seeded(3), "/store", {}, "/cold");
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    EXPECT_NE((*opened)->map().cold_id, 0u);
  }
  EXPECT_GT(stop, 15u);
}

TEST_F(ColdStoreTest, ADiskThatIsNotMountedIsMissedThoughNothingLiesThereYet) {
  { ok(open().status()); }
  disks.mount(false);
  const Error error = refused("/slow");
  EXPECT_EQ(error.code, Errc::io_error);
  EXPECT_THAT(error.text, AllOf(HasSubstr("/slow"), HasSubstr("mounted")));
  disks.mount(true);
  ok(open().status());
}

TEST_F(ColdStoreTest, ItIsMadeInADirectoryThatIsThereAndNowhereElse) {
  const Error error = refused("/slow/by/mistake");
  EXPECT_EQ(error.code, Errc::io_error);
  EXPECT_THAT(error.text, AllOf(HasSubstr("/slow/by"), HasSubstr("mounted")));
  ok(open("/slow/new/").status());
  EXPECT_TRUE(*memory.exists("/slow/new/OWNER"));
}

TEST_F(ColdStoreTest, AnotherStoresDirectoryIsRefused) {
  { ok(open("/slow", "/data/other").status()); }
  // Before this store is made.
  env.seed = 43;
  Error error = refused("/slow");
  EXPECT_EQ(error.code, Errc::invalid_argument);
  EXPECT_THAT(error.text, AllOf(HasSubstr("/slow"), HasSubstr("another store")));

  { ok(open("/slow/mine").status()); }
  error = refused("/slow");
  EXPECT_EQ(error.code, Errc::invalid_argument);
  EXPECT_THAT(error.text, HasSubstr("another store"));
}

TEST_F(ColdStoreTest, ADirectoryOfSomethingElseIsRefused) {
  engine::overwrite(memory, "/slow/holiday.jpg", "?");
  const Error error = refused("/slow");
  EXPECT_EQ(error.code, Errc::invalid_argument);
  EXPECT_THAT(error.text, HasSubstr("holiday.jpg"));
}

TEST_F(ColdStoreTest, NoTwoProcessesHaveIt) {
  { ok(open().status()); }
  const auto held = disks.lock("/slow");
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(open().status().error().code, Errc::in_use);
}

// A copy has the id of the store; it must not take the store's cold files for orphans.
TEST_F(ColdStoreTest, ACopyOfTheStoreIsRefusedWhereItsFilesLie) {
  { ok(open("").status()); }
  for (const std::string directory :
       {"/data/store", "/data/store/shards/000001", "/data/store/shards/000002"}) {
    const std::string target = "/data/copy" + directory.substr(std::string("/data/store").size());
    ok(memory.make_directory(target));
    const auto listed = memory.list(directory);
    for (const std::string& name : *listed)
      if (name != "shards")
        engine::overwrite(memory, target + "/" + name, memory.content(directory + "/" + name));
  }
  {
    const Opened store = open();
    fill(**store);
  }
  env.seed = 44;
  const Error error = refused("/slow", "/data/copy");
  EXPECT_EQ(error.code, Errc::invalid_argument);
  EXPECT_THAT(error.text, HasSubstr("copy"));
}

TEST_F(ColdStoreTest, ItMayBeElsewhereTheNextTime) {
  {
    const Opened store = open();
    fill(**store);
  }
  ok(memory.make_directory("/new/shards/000001"));
  engine::overwrite(memory, "/new/OWNER", memory.content("/slow/OWNER"));
  const auto listed = memory.list("/slow/shards/000001");
  for (const std::string& name : *listed)
    engine::overwrite(memory, "/new/shards/000001/" + name, memory.content("/slow/shards/000001/" + name));
  disks.mount(false);
  const Opened store = open("/new");
  ok(store.status());
  ok(engine::Tree::open(env_of(**store), (*store)->shard_directory(1), {}).status());
}

TEST_F(ColdStoreTest, IsNeededWhileFilesLieThereAndNotAfterwards) {
  {
    const Opened store = open();
    fill(**store);
  }
  const Error error = refused("");
  EXPECT_EQ(error.code, Errc::invalid_argument);
  EXPECT_THAT(error.text, AllOf(HasSubstr("cold_directory"), HasSubstr("never")));
  {
    const Opened store = open();
    const std::atomic<bool> never{false};
    engine::TreeOptions options;
    options.cold_after_ms = engine::kNeverCold;
    auto tree = engine::Tree::open(env_of(**store), (*store)->shard_directory(1), options);
    while (auto job = (*tree)->plan_merge({})) {
      job->run(never);
      ok((*tree)->install(*std::move(job)));
    }
    ok((*tree)->close());
  }
  ok(open("").status());
  EXPECT_EQ((*open(""))->map().cold_id, 0u);
  // And may be given again.
  env.seed = 45;
  ok(open("/slow").status());
}

TEST_F(ColdStoreTest, ADamagedOwnerIsDamage) {
  { ok(open().status()); }
  memory.flip_bit("/slow/OWNER", 8 * 30);
  const Error error = refused("/slow");
  EXPECT_EQ(error.code, Errc::corruption);
  EXPECT_THAT(error.text, HasSubstr("OWNER"));
}

TEST_F(ColdStoreTest, DirectoriesOfShardsThatAreInNoMapAreRemovedThereToo) {
  const Opened store = open();
  for (const std::string name : {"000001", "000009", "notes"})
    ok(memory.make_directory("/slow/shards/" + name));
  ok((*store)->remove_orphans());
  EXPECT_THAT(*memory.list("/slow/shards"),
              AllOf(Contains("000001"), Contains("notes"), Not(Contains("000009"))));

  ok(memory.make_directory("/slow/shards/000003/leftover"));
  EXPECT_EQ(*(*store)->new_shard_id(), 3u);
  EXPECT_FALSE(*memory.exists("/slow/shards/000003"));
  ok(memory.make_directory("/slow/shards/000003"));
  ok((*store)->remove_shard(3));
  EXPECT_FALSE(*memory.exists("/slow/shards/000003"));
}

}  // namespace
}  // namespace coppice::actors
