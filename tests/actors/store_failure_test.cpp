// One shard's disk fails: it restarts, and the others never notice.
#include <atomic>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "tests/actors/failing_files.hpp"
#include "tests/actors/store_fixture.hpp"

namespace coppice::actors {
namespace {

class StoreFailureTest : public StoreFixture {
protected:
  StoreFailureTest() {
    options.files = &files;
    options.boundaries = {"m"};
  }
  ~StoreFailureTest() override { store.reset(); }

  /// Tries until the shard that owns `key` serves again.
  void await_recovery(ByteView key) {
    for (;;) {
      const Result<Timestamp> put = store->put(key, "after");
      if (put.ok()) return;
      ASSERT_EQ(put.error().code, Errc::unavailable) << to_string(put.error());
      std::this_thread::yield();
    }
  }

  FailingFiles files;
};

TEST_F(StoreFailureTest, AFailedSyncRestartsItsShardAndNoOther) {
  open();
  put("a", "1");
  put("z", "1");
  ASSERT_TRUE(store->put("b", "synced").ok());

  files.break_below("shards/000001");
  const Result<Timestamp> failed = store->put("c", "lost?");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Errc::io_error);
  // The others go on.
  ASSERT_TRUE(store->put("y", "2").ok());
  EXPECT_EQ(get("z"), "1");

  // Its range is refused, saying why, until it can be opened again.
  const Result<Timestamp> refused = store->put("d", "v");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_NE(refused.error().text.find("the test's disk is broken"), std::string::npos)
      << refused.error().text;

  files.heal();
  await_recovery("d");
  EXPECT_EQ(get("b"), "synced");
  EXPECT_EQ(get("y"), "2");
  const auto stats = store->stats();
  for (const ShardStats& shard : stats->shards) EXPECT_EQ(shard.state, ShardStats::State::serving);
}

TEST_F(StoreFailureTest, ABatchThatFailsHalfWayIsKeptWholeOrNotAtAll) {
  open();
  for (int round = 0; round < 4; ++round) {
    const Bytes value = std::to_string(round);
    files.break_below(round % 2 == 0 ? "shards/000001" : "shards/000002");
    engine::Batch batch;
    ASSERT_TRUE(batch.put("a", value).ok());
    ASSERT_TRUE(batch.put("z", value).ok());
    EXPECT_FALSE(store->write(std::move(batch)).ok());
    files.heal();
    await_recovery("b");
    await_recovery("y");
    EXPECT_EQ(get("a"), get("z")) << "round " << round;
  }
  const auto before = get("a");
  reopen();
  EXPECT_EQ(get("a"), before);
  EXPECT_EQ(get("z"), before);
}

TEST_F(StoreFailureTest, ABatchThatFindsNoRoomIsRefusedAndAllItsShardsGoOn) {
  open();
  put("a", "1");
  put("z", "1");
  const auto write = [this](const Bytes& value) {
    engine::Batch batch;
    EXPECT_TRUE(batch.put("a", value).ok());
    EXPECT_TRUE(batch.put("z", value).ok());
    return store->write(std::move(batch));
  };
  for (const char* full : {"shards/000001", "shards/000002"}) {
    files.fill_below(full);
    const Result<Timestamp> refused = write("2");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Errc::out_of_space);
    EXPECT_NE(refused.error().text.find("the test's disk is full"), std::string::npos)
        << refused.error().text;
    EXPECT_EQ(refused.error().text.find("may or may not be kept"), std::string::npos);
    // Nobody has to recover: the one with room takes the very next write, the other the first after there is room.
    const bool first = full == std::string_view("shards/000001");
    put(first ? "y" : "b", "1");
    EXPECT_EQ(store->put(first ? "b" : "y", "1").error().code, Errc::out_of_space);
    EXPECT_EQ(get("a"), "1");
    EXPECT_EQ(get("z"), "1");
    files.fill_below("");
    put(first ? "b" : "y", "1");
  }
  ASSERT_TRUE(write("2").ok());
  reopen();
  EXPECT_EQ(get("a"), "2");
  EXPECT_EQ(get("z"), "2");
}

TEST_F(StoreFailureTest, ASplitThatFailsLeavesTheShardWhole) {
  open();
  for (char c = 'a'; c <= 'l'; ++c) put(Bytes(1, c), "1");
  const Entries before = dump();
  files.break_below("shards/000003");
  EXPECT_FALSE(store->split("f").ok());
  files.heal();
  await_recovery("c");
  EXPECT_EQ(store->stats()->shards.size(), 2u);
  Entries after = before;
  after[2].second = "after";
  EXPECT_EQ(dump(), after);
  ASSERT_TRUE(store->split("f").ok());
  EXPECT_EQ(dump(), after);
}

TEST_F(StoreFailureTest, ASplitWhoseMapCannotBeWrittenLeavesTheOldOne) {
  open();
  for (char c = 'a'; c <= 'l'; ++c) put(Bytes(1, c), "1");
  files.break_below("SHARDS");
  EXPECT_FALSE(store->split("f").ok());
  files.heal();
  await_recovery("c");
  EXPECT_EQ(store->stats()->shards.size(), 2u);
  ASSERT_TRUE(store->split("f").ok());
  EXPECT_EQ(store->stats()->shards.size(), 3u);
  EXPECT_EQ(get("k"), "1");
  reopen();
  EXPECT_EQ(get("k"), "1");
}

TEST_F(StoreFailureTest, SnapshotsOutliveTheRestartOfAShard) {
  open();
  put("a", "old");
  put("z", "old");
  const SnapshotHandle snapshot = *store->snapshot();
  files.break_below("shards/000001");
  EXPECT_FALSE(store->put("a", "new").ok());
  files.heal();
  await_recovery("a");
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(*store->get("a", snapshot), "old");
  EXPECT_EQ(get("a"), "after");
}

TEST_F(StoreFailureTest, ADamagedShardIsRefusedByNameAndTheOthersServe) {
  open();
  put("a", "1");
  put("z", "1");
  ASSERT_TRUE(store->close().ok());
  store.reset();
  const std::string manifest = options.directory + "/shards/000001/MANIFEST";
  {
    std::fstream file(manifest, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(60);
    file.put('X');
  }
  open();
  EXPECT_EQ(get("z"), "1");
  const auto refused = store->get("a");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::corruption);
  EXPECT_NE(refused.error().text.find("MANIFEST"), std::string::npos) << refused.error().text;

  const auto stats = store->stats();
  EXPECT_EQ(stats->shards[0].state, ShardStats::State::failed);
  EXPECT_NE(stats->shards[0].problem, "");
  EXPECT_EQ(stats->shards[1].state, ShardStats::State::serving);
  EXPECT_FALSE(store->verify()->problems.empty());
  EXPECT_FALSE(store->snapshot().ok());
}

TEST_F(StoreFailureTest, AStoreClosesWhileAShardIsDown) {
  open();
  put("z", "1");
  files.break_below("shards/000001");
  EXPECT_FALSE(store->put("a", "1").ok());
  EXPECT_FALSE(store->close().ok());
  store.reset();
  files.heal();
  open();
  EXPECT_EQ(get("z"), "1");
}

}  // namespace
}  // namespace coppice::actors
