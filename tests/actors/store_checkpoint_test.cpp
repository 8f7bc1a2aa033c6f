// A second store of one moment, while the first is written to.
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "actors/store_paths.hpp"
#include "actors/verify_store.hpp"
#include "engine/io/posix_file.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

class StoreCheckpointTest : public StoreFixture {
protected:
  StoreCheckpointTest() {
    options.boundaries = {"h", "q"};
    open();
  }

  std::string target() const { return directory.path() + "/copy"; }
  /// From here on the fixture's verbs are about the checkpoint.
  void open_copy() {
    ASSERT_TRUE(store->close().ok());
    const auto report = verify_store(files, target(), "", {}, [](const auto&) { return true; });
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_THAT(report->problems, IsEmpty());
    store.reset();
    options.directory = target();
    open();
  }

  engine::PosixFileSystem files;
};

TEST_F(StoreCheckpointTest, HoldsWhatTheStoreHeldAndNothingOfLater) {
  for (char c = 'a'; c <= 'z'; ++c) put(Bytes(1, c), "1");
  ASSERT_TRUE(store->remove("m").ok());
  const Entries then = dump();
  const Result<Timestamp> made = store->checkpoint(target());
  ASSERT_TRUE(made.ok()) << to_string(made.error());
  put("later", "2");
  put("a", "2");
  open_copy();
  EXPECT_EQ(dump(), then);
  put("a", "3");
  EXPECT_EQ(get("a"), "3");
}

TEST_F(StoreCheckpointTest, IsOfOneMomentOnEveryShard) {
  std::atomic<bool> done{false};
  std::atomic<int> rounds{0};
  // Each key is written after the one before it was acknowledged, so of one moment no later key is ahead.
  std::thread one_by_one([&] {
    for (int round = 1; !done; ++round) {
      for (const char* key : {"a1", "k1", "z1"})
        ASSERT_TRUE(store->put(key, std::to_string(round), Durability::buffered).ok());
      rounds = round;
    }
  });
  std::thread together([&] {
    for (int round = 1; !done; ++round) {
      engine::Batch batch;
      for (const char* key : {"a2", "k2", "z2"}) ASSERT_TRUE(batch.put(key, std::to_string(round)).ok());
      ASSERT_TRUE(store->write(std::move(batch), Durability::buffered).ok());
    }
  });
  while (rounds < 20) std::this_thread::yield();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(store->checkpoint(directory.path() + "/copy" + std::to_string(i)).ok());
    const int at = rounds;
    while (rounds < at + 5) std::this_thread::yield();
  }
  done = true;
  one_by_one.join();
  together.join();
  ASSERT_TRUE(store->close().ok());
  store.reset();
  int last = 0;
  for (int i = 0; i < 5; ++i) {
    options.directory = directory.path() + "/copy" + std::to_string(i);
    open();
    const int first = std::stoi(get("a1").value_or("0"));
    const int second = std::stoi(get("k1").value_or("0"));
    const int third = std::stoi(get("z1").value_or("0"));
    EXPECT_TRUE(first >= second && second >= third && third >= first - 1)
        << first << " " << second << " " << third;
    EXPECT_GT(first, last);
    last = first;
    EXPECT_EQ(get("a2"), get("k2"));
    EXPECT_EQ(get("a2"), get("z2"));
    ASSERT_TRUE(store->close().ok());
    store.reset();
  }
}

TEST_F(StoreCheckpointTest, SharesItsTables) {
  put("a", Bytes(10'000, 'v'));
  ASSERT_TRUE(store->checkpoint(target()).ok());
  size_t shared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(target()))
    if (entry.path().extension() == ".sst") shared += entry.hard_link_count() > 1 ? 1 : 0;
  EXPECT_GE(shared, 1u);
}

TEST_F(StoreCheckpointTest, ADirectoryThatIsThereIsRefusedAndLeftAsItIs) {
  fs::create_directory(target());
  std::ofstream(target() + "/letter") << "mine";
  const Result<Timestamp> refused = store->checkpoint(target());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::in_use);
  EXPECT_EQ(fs::file_size(target() + "/letter"), 4u);
  EXPECT_EQ(std::distance(fs::directory_iterator(target()), {}), 1);
  put("a", "goes on");
  EXPECT_EQ(get("a"), "goes on");
}

TEST_F(StoreCheckpointTest, OneThatFailsLeavesNothingAndTheStoreGoesOn) {
  std::ofstream(directory.path() + "/file") << "no directory";
  const Result<Timestamp> refused = store->checkpoint(directory.path() + "/file/copy");
  ASSERT_FALSE(refused.ok());
  put("a", "goes on");
  ASSERT_TRUE(store->checkpoint(target()).ok());
  open_copy();
  EXPECT_EQ(get("a"), "goes on");
}

TEST_F(StoreCheckpointTest, ANameIsNoPath) {
  for (const char* name : {"", ".", "..", "../x", "a/b", ".hidden", "a b"})
    EXPECT_FALSE(store->checkpoint_path(name).ok()) << name;
  const auto path = store->checkpoint_path("2026-11-21_a.1");
  ASSERT_TRUE(path.ok());
  EXPECT_TRUE(path->starts_with(options.directory));
}

TEST_F(StoreCheckpointTest, AFlushLeavesNoLogThatIsNotNeeded) {
  for (int round = 0; round < 3; ++round) {
    put("a", std::to_string(round));
    ASSERT_TRUE(store->flush().ok());
  }
  size_t logs = 0;
  for (const auto& entry : fs::directory_iterator(shard_path(options.directory, 1)))
    if (entry.path().extension() == ".log") ++logs;
  // The one written to, and those begun for later.
  EXPECT_LE(logs, 3u);
}

class CheckpointCrashTest : public StoreFixture {
protected:
  CheckpointCrashTest() {
    options.directory = "/store";
    options.files = &files;
    options.boundaries = {"m"};
  }
  ~CheckpointCrashTest() override { store.reset(); }

  engine::MemoryFileSystem files;
};

TEST_F(CheckpointCrashTest, OneThatThePowerCutsOffOpensWholeOrIsKnownForWhatItIs) {
  open();
  for (char c = 'a'; c <= 'z'; ++c) ASSERT_TRUE(store->put(Bytes(1, c), "1").ok());
  const Entries all = dump();
  const std::string copy = *store->checkpoint_path("nightly");
  int made = 0;
  int left = 0;
  for (uint64_t stop = 0; made < 2; ++stop) {
    ASSERT_LT(stop, 1000u);
    SCOPED_TRACE("stopped after " + std::to_string(stop));
    files.stop_after(stop);
    const bool acknowledged = store->checkpoint(copy).ok();
    made += acknowledged ? 1 : 0;
    store.reset();
    files.crash(stop);
    const auto map = files.exists(map_path(copy));
    ASSERT_TRUE(!acknowledged || *map);
    if (*map) {
      options.directory = copy;
      open();
      EXPECT_EQ(dump(), all);
      store.reset();
      options.directory = "/store";
      ASSERT_TRUE(files.remove_tree(copy).ok());
    } else if (const auto names = files.list(copy); names.ok() && !names->empty()) {
      ++left;
      options.directory = copy;
      const auto refused = Store::open(options);
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, Errc::invalid_argument);
      EXPECT_THAT(refused.error().text, ::testing::HasSubstr("cut short"));
      EXPECT_FALSE(verify_store(files, copy, "", {}, [](const auto&) { return true; }).ok());
      options.directory = "/store";
    }
    // The next start removes what was left.
    open();
    EXPECT_EQ(dump(), all);
    const auto names = files.list(copy);
    EXPECT_TRUE(!names.ok() || names->empty());
  }
  EXPECT_GT(left, 10);
}

TEST_F(CheckpointCrashTest, ANameThatACrashLeftIsFreeForTheNext) {
  open();
  put("a", "1");
  ASSERT_TRUE(files.make_directory(shards_path("/copy")).ok());
  ASSERT_TRUE(files.create("/copy/UNFINISHED").ok());
  ASSERT_TRUE(files.create(shards_path("/copy") + "/rubbish").ok());
  ASSERT_TRUE(store->checkpoint("/copy").ok());
  const auto names = files.list("/copy");
  EXPECT_THAT(*names, ::testing::UnorderedElementsAre("SHARDS", "shards"));
}

/// Small memtables, values apart, encrypted.
class CheckpointUnderLoadTest : public StoreFixture {
protected:
  CheckpointUnderLoadTest() {
    options.boundaries = {"k5"};
    options.tree.value_threshold = 256;
    options.keys = engine::ring('a');
    open();
  }
  static Bytes key(int number) { return "k" + std::to_string(1000 + number).substr(1); }
  void write_round(int round) {
    for (int number = 0; number < kKeys; ++number)
      put(key(number), std::to_string(round) + Bytes(number % 2 == 0 ? 400 : 100, 'v'));
  }

  static constexpr int kKeys = 999;
  engine::PosixFileSystem files;
};

TEST_F(CheckpointUnderLoadTest, EachIsWholeAndOfOneMomentWhileAllIsMergedAndSplit) {
  constexpr int kCopies = 3;
  write_round(1);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int round = 2; !done; ++round) write_round(round);
  });
  std::thread merger([&] {
    while (!done) ASSERT_TRUE(store->compact({}).ok());
  });
  for (int i = 0; i < kCopies; ++i) {
    const Result<Timestamp> made = store->checkpoint(directory.path() + "/copy" + std::to_string(i));
    EXPECT_TRUE(made.ok()) << to_string(made.error());
    if (i == 0) {
      const Result<SplitShards> split = store->split(key(250));
      EXPECT_TRUE(split.ok()) << to_string(split.error());
    }
  }
  done = true;
  writer.join();
  merger.join();
  ASSERT_TRUE(store->close().ok());
  store.reset();
  for (int i = 0; i < kCopies; ++i) {
    options.directory = directory.path() + "/copy" + std::to_string(i);
    const auto report =
        verify_store(files, options.directory, "", options.keys, [](const auto&) { return true; });
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_THAT(report->problems, IsEmpty());
    EXPECT_GT(report->values, 0u);
    open();
    const Entries entries = dump();
    ASSERT_EQ(entries.size(), static_cast<size_t>(kKeys));
    const int newest = std::stoi(entries.front().second);
    int before = newest;
    for (const auto& [entry_key, value] : entries) {
      const int round = std::stoi(value);
      EXPECT_TRUE(round <= before && round >= newest - 1) << entry_key << ": " << round << ", " << newest;
      before = round;
    }
    EXPECT_EQ(store->stats()->shards.size(), i == 0 ? 2u : 3u);
    ASSERT_TRUE(store->close().ok());
    store.reset();
  }
  options.keys = {};
  EXPECT_EQ(Store::open(options).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace coppice::actors
