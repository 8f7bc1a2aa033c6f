// A store in two directories, as a program uses it.
#include <filesystem>

#include <gmock/gmock.h>

#include "actors/inspect_store.hpp"
#include "actors/repair_store.hpp"
#include "actors/verify_store.hpp"
#include "engine/io/posix_file.hpp"
#include "tests/actors/store_fixture.hpp"

namespace coppice::actors {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreColdTest : public StoreFixture {
protected:
  StoreColdTest() {
    options.cold_directory = directory.path() + "/cold";
    options.tree.value_threshold = 1000;
    open();
  }
  void put(int begin, int end) {
    for (int number = begin; number < end; ++number) {
      const Bytes key = "key" + std::to_string(10'000 + number);
      StoreFixture::put(key, Bytes(number % 8 == 0 ? 2000 : 100, 'v'));
      expected[key] = Bytes(number % 8 == 0 ? 2000 : 100, 'v');
    }
  }
  void compact() {
    const Status done = store->compact();
    ASSERT_TRUE(done.ok()) << to_string(done.error());
  }
  void expect_all_there() { EXPECT_EQ(dump(), Entries(expected.begin(), expected.end())); }
  /// Tables and value files.
  static size_t files_below(const std::string& path) {
    size_t count = 0;
    for (const auto& file : fs::recursive_directory_iterator(path))
      if (file.path().extension() == ".sst" || file.path().extension() == ".val") ++count;
    return count;
  }
  size_t cold_files() {
    size_t count = 0;
    const Result<StoreStats> stats = store->stats();
    for (const ShardStats& shard : stats->shards) count += shard.tree.cold.count;
    return count;
  }

  std::map<Bytes, Bytes> expected;
};

TEST_F(StoreColdTest, TheLastLevelOfEveryShardLiesOnTheOtherDisk) {
  put(0, 1000);
  compact();
  EXPECT_GT(files_below(options.cold_directory), 0u);
  EXPECT_EQ(cold_files(), files_below(options.cold_directory));
  expect_all_there();
  ASSERT_TRUE(store->split("key10500").ok());
  expect_all_there();
  put(300, 700);
  compact();
  reopen();
  expect_all_there();
  EXPECT_TRUE(fs::exists(options.cold_directory + "/shards/000002"));
  EXPECT_TRUE(fs::exists(options.cold_directory + "/shards/000003"));
  EXPECT_FALSE(fs::exists(options.cold_directory + "/shards/000001"));
}

TEST_F(StoreColdTest, IsMissedWhenItIsNotGivenAndFoundWhereItWasMovedTo) {
  put(0, 1000);
  compact();
  ASSERT_TRUE(store->close().ok());
  store.reset();
  const std::string moved = directory.path() + "/moved";
  fs::rename(options.cold_directory, moved);
  EXPECT_EQ(Store::open(options).status().error().code, Errc::io_error);
  EXPECT_FALSE(fs::exists(options.cold_directory));
  options.cold_directory.clear();
  const Status refused = Store::open(options).status();
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_THAT(refused.error().text, HasSubstr("cold_directory"));
  options.cold_directory = moved;
  open();
  expect_all_there();
}

TEST_F(StoreColdTest, IsVerifiedWithTheStore) {
  put(0, 1000);
  compact();
  ASSERT_TRUE(store->close().ok());
  store.reset();
  engine::PosixFileSystem files;
  const auto verify = [&](const std::string& cold) {
    return verify_store(files, options.directory, cold, {}, [](const engine::VerifyReport&) { return true; });
  };
  const auto report = verify(options.cold_directory);
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_EQ(report->entries, 1000u);
  EXPECT_EQ(verify("").status().error().code, Errc::invalid_argument);
  EXPECT_EQ(verify(directory.path()).status().error().code, Errc::io_error);
  {
    StoreOptions other = options;
    other.directory = directory.path() + "/other";
    other.cold_directory = directory.path() + "/others";
    ASSERT_TRUE(Store::open(other).ok());
  }
  // The files of shards lie there as well, and are another store's.
  fs::remove_all(directory.path() + "/others/shards");
  fs::copy(options.cold_directory + "/shards", directory.path() + "/others/shards",
           fs::copy_options::recursive);
  const auto refused = verify(directory.path() + "/others");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().text, HasSubstr("another store"));
}

TEST_F(StoreColdTest, ACheckpointIsAStoreInOnePlace) {
  put(0, 1000);
  compact();
  put(0, 10);
  const std::string target = directory.path() + "/copy";
  ASSERT_TRUE(store->checkpoint(target).ok());
  ASSERT_TRUE(store->close().ok());
  store.reset();
  fs::rename(options.cold_directory, directory.path() + "/gone");
  options.directory = target;
  engine::PosixFileSystem files;
  const auto report = verify_store(files, target, "", {}, [](const auto&) { return true; });
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_THAT(report->problems, IsEmpty());
  // It may get one of its own.
  options.cold_directory = directory.path() + "/cold of the copy";
  open();
  expect_all_there();
  compact();
  EXPECT_GT(cold_files(), 0u);
  expect_all_there();
}

TEST_F(StoreColdTest, IsMendedIntoOnePlace) {
  put(0, 1000);
  compact();
  ASSERT_TRUE(store->split("key10500").ok());
  ASSERT_TRUE(store->close().ok());
  store.reset();
  engine::PosixFileSystem files;
  const std::string target = directory.path() + "/mended";
  const auto repair = [&](const std::string& cold) {
    return repair_store(files, options.directory, target, {.tree = options.tree, .cold_directory = cold});
  };
  const Status none = repair("").status();
  EXPECT_EQ(none.error().code, Errc::invalid_argument);
  EXPECT_THAT(none.error().text, HasSubstr("cold directory"));
  EXPECT_FALSE(fs::exists(target));
  {
    StoreOptions other = options;
    other.directory = directory.path() + "/other";
    other.cold_directory = directory.path() + "/others";
    ASSERT_TRUE(Store::open(other).ok());
  }
  EXPECT_EQ(repair(directory.path() + "/others").status().error().code, Errc::invalid_argument);

  // With its shard map gone all is known by what lies there.
  for (const bool has_map : {true, false}) {
    fs::remove_all(target);
    if (!has_map) fs::remove(options.directory + "/SHARDS");
    const auto report = repair(options.cold_directory);
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_TRUE(report->lost_nothing());
    EXPECT_THAT(report->doubts, IsEmpty());
    StoreOptions mended = options;
    mended.directory = target;
    mended.cold_directory.clear();
    std::swap(options, mended);
    open();
    expect_all_there();
    ASSERT_TRUE(store->close().ok());
    store.reset();
    std::swap(options, mended);
  }
}

TEST_F(StoreColdTest, WithoutItsOwnerItIsMendedInDoubt) {
  put(0, 100);
  compact();
  ASSERT_TRUE(store->close().ok());
  store.reset();
  fs::remove(options.cold_directory + "/OWNER");
  engine::PosixFileSystem files;
  const auto report = repair_store(files, options.directory, directory.path() + "/mended",
                                   {.tree = options.tree, .cold_directory = options.cold_directory});
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_TRUE(report->lost_nothing());
  EXPECT_THAT(report->doubts, ElementsAre(HasSubstr("OWNER")));
}

TEST_F(StoreColdTest, SaysWhoseItIsWhenItIsLookedInto) {
  put(0, 100);
  compact();
  engine::PosixFileSystem files;
  std::vector<std::string> kinds;
  const auto damaged = inspect_path(files, options.cold_directory, engine::InspectDetail::summary, {},
                                    [&](const engine::Finding& finding) {
                                      kinds.emplace_back(finding.kind);
                                      return true;
                                    });
  ASSERT_TRUE(damaged.ok()) << to_string(damaged.error());
  EXPECT_FALSE(*damaged);
  EXPECT_THAT(kinds, AllOf(Contains("owner"), Contains("properties")));
}

TEST_F(StoreColdTest, ByAgeATableThatIsOldEnoughIsMovedByCompacting) {
  options.tree.cold_after_ms = 1;
  reopen();
  put(0, 100);
  ASSERT_TRUE(store->flush().ok());
  // A millisecond later a call finds it old enough.
  compact();
  while (cold_files() == 0) compact();
  EXPECT_GT(files_below(options.cold_directory), 0u);
  expect_all_there();
}

}  // namespace
}  // namespace coppice::actors
