// The work of a shard in the background, and the snapshots that it must respect.
#include "tests/actors/shard_care_fixture.hpp"

namespace coppice::actors {
namespace {

TEST_F(ShardCareTest, AFullMemtableIsFlushed) {
  fill();
  host.settle(*shard);
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  EXPECT_TRUE(flush.ok());
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  EXPECT_GE((*stats.result)->tree.flushes, 2u);
  EXPECT_EQ((*stats.result)->tree.sealed_memtables, 0u);
}

TEST_F(ShardCareTest, AFlushThatFindsNoSpaceSaysSoAndIsTriedAgain) {
  write("k");
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.run_one_apart(*shard);  // seals
  ASSERT_EQ(host.jobs.size(), 1u);
  files.set_room(0);
  host.settle(*shard);
  ASSERT_TRUE(flush.failed());
  EXPECT_EQ(flush.code(), Errc::out_of_space);
  EXPECT_FALSE(host.failure);
  EXPECT_NE(problem(), "");

  files.heal();
  host.wait(*shard, std::chrono::seconds(1));
  host.settle(*shard);
  EXPECT_EQ(problem(), "");
  Answer<ShardStats> mended;
  shard->stats(mended.done());
  EXPECT_EQ((*mended.result)->tree.flushes, 1u);
}

TEST_F(ShardCareTest, HoweverMuchRoomAFlushFindsTheShardStaysInService) {
  bool had_room = false;
  int refused = 0;
  for (uint64_t room = 0; !had_room; room += 31) {
    SCOPED_TRACE("room for " + std::to_string(room) + " bytes");
    write("k");
    files.set_room(room);
    Answer<Nothing> flush;
    shard->flush(flush.done());
    host.settle(*shard);
    ASSERT_TRUE(flush.result);
    had_room = flush.result->ok();
    refused += had_room ? 0 : 1;
    ASSERT_TRUE(had_room || flush.code() == Errc::out_of_space) << to_string(flush.result->error());
    ASSERT_FALSE(host.failure);
    EXPECT_EQ(get("k"), "v");
    files.heal();
    host.wait(*shard, std::chrono::seconds(1));
    host.settle(*shard);
    EXPECT_EQ(problem(), "");
  }
  EXPECT_GT(refused, 10);
}

TEST_F(ShardCareTest, AFullDiskAtASealStopsWritesAndNotReads) {
  write("k");
  files.set_room(0);
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  ASSERT_TRUE(flush.failed());
  EXPECT_EQ(flush.code(), Errc::out_of_space);
  EXPECT_FALSE(host.failure);

  EXPECT_EQ(get("k"), "v");
  Answer<Timestamp> snapshot;
  shard->advance(clock.now(), snapshot.done());
  EXPECT_TRUE(snapshot.ok());
  auto refused = write("l");
  ASSERT_TRUE(refused->failed());
  EXPECT_EQ(refused->code(), Errc::out_of_space);
  EXPECT_NE(refused->result->error().text.find("takes no writes, only reads"), std::string::npos);
  EXPECT_GT(refused->result->error().retry_after_ms, 0u);
  EXPECT_EQ(port->queue.operations(), 0u);
  Answer<Nothing> held;
  shard->hold(1000, held.done());
  ASSERT_TRUE(held.failed());
  EXPECT_EQ(held.code(), Errc::out_of_space);
  EXPECT_EQ(problem().find("out_of_space"), 0u) << problem();

  // Nobody has to ask for what follows.
  files.heal();
  host.wait(*shard, std::chrono::seconds(1));
  host.settle(*shard);
  EXPECT_TRUE(write("l")->ok());
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(get("k"), "v");
}

TEST_F(ShardCareTest, AFullMemtableThatCannotBeSealedStopsWritesUntilThereIsRoom) {
  write("k", "old");
  while (host.apart.empty()) write("fill", Bytes(8 << 10, 'f'));  // until the seal is away
  auto waiting = write("waiting");
  files.set_room(0);
  host.settle(*shard);
  ASSERT_TRUE(waiting->failed());
  EXPECT_EQ(waiting->code(), Errc::out_of_space);

  // Tried again, and in vain.
  host.wait(*shard, std::chrono::seconds(1));
  EXPECT_EQ(host.apart.size(), 1u);
  host.settle(*shard);
  EXPECT_TRUE(write("k")->failed());
  EXPECT_FALSE(host.failure);

  // A flush does not wait for the next try.
  files.heal();
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  EXPECT_TRUE(flush.ok());
  EXPECT_EQ(get("k"), "old");
  EXPECT_TRUE(write("k", "new")->ok());
}

TEST_F(ShardCareTest, AShardThatTakesNoWritesCanStillBeClosed) {
  write("k");
  files.set_room(0);
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  auto waiting = push("l");
  files.heal();
  Answer<Nothing> closed;
  shard->close({}, closed.done());
  host.settle(*shard);
  EXPECT_TRUE(waiting->failed());
  EXPECT_TRUE(closed.ok());
  EXPECT_TRUE(host.has_ended);
  shard.reset();
  open();
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(get("l"), std::nullopt);
}

TEST_F(ShardCareTest, ACutThatFindsNoSpaceLeavesTheShardWhole) {
  write("a");
  files.set_room(0);
  Answer<std::shared_ptr<WriteList>> cut;
  shard->cut({"m", {"/left"}, {"/right"}}, cut.done());
  host.settle(*shard);
  ASSERT_TRUE(cut.failed());
  EXPECT_EQ(cut.code(), Errc::out_of_space);
  EXPECT_FALSE(host.failure);
  files.heal();
  host.wait(*shard, std::chrono::seconds(1));
  host.settle(*shard);
  EXPECT_TRUE(write("b")->ok());
  EXPECT_EQ(get("a"), "v");
}

TEST_F(ShardCareTest, ATreeThatWasLeftAloneForAWhileIsMergedFurther) {
  const auto level0_tables = [this] {
    Answer<ShardStats> stats;
    shard->stats(stats.done());
    return (*stats.result)->tree.levels.front().tables;
  };
  const auto write_and_flush = [this](const char* key) {
    write(key);
    Answer<Nothing> flush;
    shard->flush(flush.done());
    host.settle(*shard);
    EXPECT_TRUE(flush.ok());
  };
  write_and_flush("a");
  host.wait(*shard, std::chrono::milliseconds(4'900));
  EXPECT_TRUE(host.jobs.empty());

  // From here on it counts anew.
  write_and_flush("b");
  host.wait(*shard, std::chrono::milliseconds(4'900));
  EXPECT_TRUE(host.jobs.empty());
  EXPECT_EQ(level0_tables(), 2u);

  host.wait(*shard, std::chrono::milliseconds(100));
  EXPECT_EQ(host.jobs.size(), 1u);
  host.settle(*shard);
  EXPECT_EQ(level0_tables(), 0u);
  EXPECT_EQ(get("a"), "v");
}

TEST_F(ShardCareTest, WhatUnreadTablesKeepIsGivenBackWithoutBeingAskedFor) {
  write("k");
  compact();
  const auto pass_half_a_minute = [this] {
    for (int i = 0; i < 3; ++i) {
      host.wait(*shard, std::chrono::seconds(10));
      host.settle(*shard);
    }
  };
  const uint64_t closed = cache.stats().reserved;
  EXPECT_EQ(get("k"), "v");
  const uint64_t open = cache.stats().reserved;
  ASSERT_GT(open, closed);

  pass_half_a_minute();
  EXPECT_EQ(cache.stats().reserved, open);
  cache.ask_back();
  pass_half_a_minute();
  EXPECT_EQ(cache.stats().reserved, closed);
  EXPECT_EQ(get("k"), "v");
}

TEST_F(ShardCareTest, ASnapshotWaitsForTheGroupUnderWayAndKeepsWhatItSaw) {
  write("k", "old");
  push("k", "new", Durability::synced);
  shard->turn();
  const Timestamp moment = clock.now();
  Answer<Timestamp> kept;
  shard->advance(moment, kept.done());
  EXPECT_FALSE(kept.result);
  host.run_one_apart(*shard);
  ASSERT_TRUE(kept.ok());
  EXPECT_LE(**kept.result, moment);

  write("k", "newest");
  compact();
  EXPECT_EQ(get("k", moment), "new");
  EXPECT_EQ(get("k"), "newest");
}

TEST_F(ShardCareTest, AMomentBeforeAPlannedFlushIsTooFarBack) {
  const Timestamp early = clock.now();
  write("k", "1");
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  Answer<Timestamp> kept;
  shard->advance(early, kept.done());
  EXPECT_GT(**kept.result, early);
  Answer<Timestamp> later;
  shard->advance(clock.now(), later.done());
  EXPECT_LE(**later.result, clock.now());
}

}  // namespace
}  // namespace coppice::actors
