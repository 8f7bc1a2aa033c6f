// A new store of what can be saved of another, whatever happens on the way.
#include "actors/repair_store.hpp"

#include <map>

#include <gmock/gmock.h>

#include "actors/second_store.hpp"
#include "actors/store_paths.hpp"
#include "actors/verify_store.hpp"
#include "engine/io/file_names.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Two shards with tables, values apart, logs; encrypted.
class RepairStoreTest : public StoreFixture {
protected:
  RepairStoreTest() {
    options.directory = "/store";
    options.files = &files;
    options.boundaries = {"mm"};
    options.keys = engine::ring('a');
    options.tree.value_threshold = 100;
    open();
    fill("1");
    EXPECT_TRUE(store->compact({}).ok());
    fill("2");
    EXPECT_TRUE(store->remove("c").ok());
    EXPECT_TRUE(store->flush().ok());
    put("x", "in the log");
    put("mp", "in the log, before all that is in its shard's tables");
    all = dump();
    EXPECT_TRUE(store->close().ok());
    store.reset();
  }
  ~RepairStoreTest() override { store.reset(); }

  void fill(const Bytes& value) {
    for (char c = 'a'; c <= 'z'; ++c) put(Bytes(1, c), value + Bytes(c % 3 == 0 ? 200 : 20, 'v'));
  }
  Result<engine::RepairReport> repair() {
    return repair_store(files, "/store", "/mended", {.tree = options.tree, .keys = options.keys});
  }
  void open_mended() {
    const auto report = verify_store(files, "/mended", "", options.keys, [](const auto&) { return true; });
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_THAT(report->problems, IsEmpty());
    EXPECT_THAT(report->notes, IsEmpty());
    options.directory = "/mended";
    open();
    options.directory = "/store";
  }
  /// For good, also if power fails then.
  void remove_mended() {
    ASSERT_TRUE(files.remove_tree("/mended").ok());
    ASSERT_TRUE(files.sync_directory("/").ok());
  }
  std::map<std::string, Bytes> contents(const std::string& store_path) {
    std::map<std::string, Bytes> found;
    for (const uint64_t id : {uint64_t{1}, uint64_t{2}}) {
      const std::string shard = shard_path(store_path, id);
      const auto names = files.list(shard);
      for (const std::string& name : *names)
        found.emplace(engine::join_path(shard, name), files.content(engine::join_path(shard, name)));
    }
    found.emplace("map", files.content(map_path(store_path)));
    return found;
  }

  engine::MemoryFileSystem files;
  Entries all;
};

TEST_F(RepairStoreTest, WithoutAnyManifestAllIsThereAgain) {
  for (const uint64_t id : {uint64_t{1}, uint64_t{2}})
    ASSERT_TRUE(files.remove(shard_path("/store", id) + "/MANIFEST").ok());
  const auto report = repair();
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_TRUE(report->lost_nothing());
  EXPECT_FALSE(report->doubts.empty());
  open_mended();
  EXPECT_EQ(dump(), all);
}

TEST_F(RepairStoreTest, WithoutMapAndManifestsTablesAndLogsTellWhichShardsThereWere) {
  ASSERT_TRUE(files.remove(map_path("/store")).ok());
  for (const uint64_t lost : {uint64_t{2}, uint64_t{1}}) {
    SCOPED_TRACE("with shard " + std::to_string(lost));
    ASSERT_TRUE(files.remove(shard_path("/store", lost) + "/MANIFEST").ok());
    const auto report = repair();
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_TRUE(report->lost_nothing());
    EXPECT_FALSE(report->doubts.empty());
    open_mended();
    EXPECT_EQ(dump(), all);
    store.reset();
    remove_mended();
  }
}

TEST_F(RepairStoreTest, AHalfOfASplitWithoutManifestOrMapHasItsKeysAgain) {
  open();
  const auto halves = store->split("g");
  ASSERT_TRUE(halves.ok());
  put("h", "after the split");
  put("b", "as well");
  all = dump();
  ASSERT_TRUE(store->close().ok());
  store.reset();
  // If the store did not come to it before it was closed.
  ASSERT_TRUE(files.remove_tree(shard_path("/store", 1)).ok());
  ASSERT_TRUE(files.remove(map_path("/store")).ok());
  ASSERT_TRUE(files.remove(shard_path("/store", halves->right) + "/MANIFEST").ok());
  {
    const auto report = repair();
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_TRUE(report->lost_nothing());
    open_mended();
    EXPECT_EQ(dump(), all);
    store.reset();
    remove_mended();
  }
  // Both have the tables of the one that was cut; what each wrote since tells whose keys are whose.
  ASSERT_TRUE(files.remove(shard_path("/store", halves->left) + "/MANIFEST").ok());
  const auto report = repair();
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_TRUE(report->lost_nothing());
  open_mended();
  EXPECT_EQ(dump(), all);
}

TEST_F(RepairStoreTest, AShardThatIsMissingIsSaidToBeLostAndIsThereAgainWithoutKeys) {
  ASSERT_TRUE(files.remove_tree(shard_path("/store", 2)).ok());
  const auto report = repair();
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  const auto lost = std::ranges::find(report->files, shard_path("/store", 2), &engine::MendedFile::path);
  ASSERT_NE(lost, report->files.end());
  EXPECT_EQ(lost->fate, engine::MendedFile::Fate::lost);
  EXPECT_THAT(lost->lost, testing::ElementsAre(KeyRange{"mm", std::nullopt}));
  EXPECT_THAT(lost->problems, testing::ElementsAre(HasSubstr("the shard is missing")));
  open_mended();
  Entries left = all;
  std::erase_if(left, [](const auto& entry) { return entry.first >= "mm"; });
  EXPECT_EQ(dump(), left);
  put("z", "again");
  EXPECT_EQ(get("z"), "again");
}

TEST_F(RepairStoreTest, DirectoriesWithIdsThatNoShardCanHaveAreStrangers) {
  ASSERT_TRUE(files.remove(map_path("/store")).ok());
  const std::vector<std::string> strangers{
      shards_path("/store") + "/000000", shard_path("/store", UINT64_MAX), shard_path("/store", kShardIdMax)};
  const auto names = files.list(shard_path("/store", 1));
  for (const std::string& stranger : strangers) {
    ASSERT_TRUE(files.make_directory(stranger).ok());
    for (const std::string& name : *names)
      ASSERT_TRUE(
          files.link(engine::join_path(shard_path("/store", 1), name), engine::join_path(stranger, name))
              .ok());
  }
  const auto report = repair();
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_TRUE(report->lost_nothing());
  open_mended();
  EXPECT_EQ(dump(), all);
  ASSERT_TRUE(store->split("g").ok());
  EXPECT_EQ(dump(), all);
}

TEST_F(RepairStoreTest, ADamagedTableCostsItsKeysOnlyAndTheOtherShardNone) {
  const auto names = files.list(shard_path("/store", 1));
  for (const std::string& name : *names)
    if (name.ends_with(".sst")) engine::flip_bit(files, shard_path("/store", 1) + "/" + name, 30);
  const auto report = repair();
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_FALSE(report->lost_nothing());
  open_mended();
  for (const auto& [key, value] : all) {
    if (key >= "mm") {
      EXPECT_EQ(get(key), value);
    }
  }
}

TEST_F(RepairStoreTest, OneThatIsCutOffAnywhereLeavesTheStoreAsItWasAndCanBeMadeAgain) {
  ASSERT_TRUE(files.remove(shard_path("/store", 1) + "/MANIFEST").ok());
  const auto before = contents("/store");
  int left = 0;
  for (const bool power : {false, true}) {
    bool whole = false;
    for (uint64_t stop = 0; !whole; ++stop) {
      ASSERT_LT(stop, 2000u);
      SCOPED_TRACE("stopped after " + std::to_string(stop));
      files.stop_after(stop);
      whole = repair().ok();
      power ? files.crash(stop) : files.heal();
      EXPECT_EQ(contents("/store"), before);
      const auto map = files.exists(map_path("/mended"));
      ASSERT_TRUE(*map || !whole);
      if (*map) {
        open_mended();
        EXPECT_EQ(dump(), all);
        store.reset();
        remove_mended();
      } else if (const auto names = files.list("/mended"); names.ok() && !names->empty()) {
        ++left;
        options.directory = "/mended";
        const auto refused = Store::open(options);
        options.directory = "/store";
        ASSERT_FALSE(refused.ok());
        EXPECT_THAT(refused.error().text, HasSubstr("cut short"));
        if (stop % 8 != 0) continue;
        ASSERT_TRUE(repair().ok());
        open_mended();
        EXPECT_EQ(dump(), all);
        store.reset();
        remove_mended();
      }
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(left, 20);
}

TEST_F(RepairStoreTest, OneThatFailsLeavesNothing) {
  files.fail_after(60, Errc::out_of_space);
  const auto refused = repair();
  files.heal();
  if (refused.ok()) GTEST_SKIP() << "what failed could be gone on from";
  const auto there = files.exists("/mended");
  EXPECT_FALSE(*there);
  EXPECT_TRUE(repair().ok());
}

TEST_F(RepairStoreTest, OneOfAShardAloneThatFailsLeavesNothingEither) {
  const auto repair_shard = [this] {
    return repair_store(files, shard_path("/store", 1), "/mended",
                        {.tree = options.tree, .keys = options.keys});
  };
  files.set_room(100);
  const auto refused = repair_shard();
  files.heal();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::out_of_space);
  const auto there = files.exists("/mended");
  EXPECT_FALSE(*there);
  EXPECT_TRUE(repair_shard().ok());
}

TEST_F(RepairStoreTest, WithoutTheKeyNothingIsWritten) {
  for (const bool with_map : {true, false}) {
    if (!with_map) {
      ASSERT_TRUE(files.remove(map_path("/store")).ok());
    }
    const auto refused = repair_store(files, "/store", "/mended", {.keys = engine::ring('b')});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_THAT(refused.error().text, HasSubstr(engine::key_name(engine::key('a').id())));
    const auto there = files.exists("/mended");
    EXPECT_FALSE(*there);
  }
}

TEST_F(RepairStoreTest, WhatIsThereIsNeverTouched) {
  ASSERT_TRUE(files.make_directory("/mended").ok());
  engine::overwrite(files, "/mended/letter", "mine");
  EXPECT_EQ(repair().error().code, Errc::in_use);
  EXPECT_EQ(files.content("/mended/letter"), "mine");
  // Of one shard alone, too.
  const auto refused =
      repair_store(files, shard_path("/store", 1), "/mended", {.tree = options.tree, .keys = options.keys});
  EXPECT_EQ(refused.error().code, Errc::in_use);
  EXPECT_EQ(files.content("/mended/letter"), "mine");
}

}  // namespace
}  // namespace coppice::actors
