// The work of a shard in the background, and the snapshots that it must respect.
#include "actors/throttle.hpp"
#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {
namespace {

class ShardCareTest : public ShardFixture {
protected:
  Bytes problem() {
    Answer<ShardStats> stats;
    shard->stats(stats.done());
    return (*stats.result)->problem;
  }
  void compact() {
    Answer<Nothing> done;
    shard->compact({}, merge_of_all(), done.done());
    host.settle(*shard);
    host.wait(*shard, kStallStep);
    host.settle(*shard);
    ASSERT_TRUE(done.ok());
  }
};

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
  shard->cut({"m", "/left", "/right"}, cut.done());
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

TEST_F(ShardCareTest, WhatColdTablesKeepIsGivenBackWithoutBeingAskedFor) {
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

/// Tables in the last level, and a range delete over all of them.
class ShardSpaceTest : public ShardCareTest {
protected:
  static constexpr std::chrono::milliseconds kSoon{5'000};

  void load() {
    wait(kSoon);
    for (int number = 0; number < 100; ++number) {
      write("key" + std::to_string(number), Bytes(4 << 10, 'v'));
      host.settle(*shard);
    }
    compact();
    ASSERT_GT(tree().levels.back().size, 400u << 10);
  }
  void delete_all() {
    Answer<Timestamp> answer;
    auto request = std::make_unique<WriteRequest>();
    EXPECT_TRUE(request->batch.delete_range("key", "").ok());
    request->done = answer.done();
    EXPECT_EQ(port->queue.push(request), ShardQueue::Push::taken);
    shard->turn();
    host.settle(*shard);
    ASSERT_TRUE(answer.ok());
  }
  void wait(std::chrono::milliseconds span) {
    host.wait(*shard, span);
    host.settle(*shard);
  }
  void set_merging(engine::Merging merging) {
    Answer<Nothing> done;
    shard->set_merging(merging, done.done());
    host.settle(*shard);
    ASSERT_TRUE(done.ok());
  }
  engine::TreeStats tree() {
    Answer<ShardStats> stats;
    shard->stats(stats.done());
    return (*stats.result)->tree;
  }
};

TEST_F(ShardSpaceTest, WhatARangeDeleteCoversIsLetGoSoon) {
  load();
  delete_all();
  wait(kSoon - std::chrono::milliseconds(1));
  EXPECT_GT(tree().levels.back().size, 400u << 10);
  wait(std::chrono::milliseconds(1));
  EXPECT_EQ(tree().levels.back().size, 0u);
  EXPECT_GT(tree().tables_dropped, 0u);
}

TEST_F(ShardSpaceTest, AShardThatHadNothingToDoForLongDoesSoToo) {
  load();
  for (int seconds = 0; seconds < 60; ++seconds) wait(std::chrono::seconds(1));
  delete_all();
  wait(kSoon);
  EXPECT_EQ(tree().levels.back().size, 0u);
}

TEST_F(ShardSpaceTest, WhatASnapshotSeesIsLetGoSoonAfterItsRelease) {
  load();
  const Timestamp before = clock.now();
  Answer<Timestamp> held;
  shard->advance(before, held.done());
  ASSERT_TRUE(held.ok());
  EXPECT_LE(**held.result, before);
  delete_all();
  wait(kSoon);
  wait(kSoon);
  EXPECT_EQ(tree().tables_dropped, 0u);
  EXPECT_EQ(get("key7", before), Bytes(4 << 10, 'v'));
  EXPECT_EQ(get("key7"), std::nullopt);

  shard->release(before);
  wait(kSoon);
  EXPECT_EQ(tree().levels.back().size, 0u);
}

TEST_F(ShardSpaceTest, ARangeDeleteThatWasRecoveredIsNotForgotten) {
  load();
  delete_all();
  shard->fail({Errc::cancelled, "the process ends"});
  host.settle(*shard);
  shard.reset();
  open();
  shard->adopt({}, {});
  wait(kSoon);
  EXPECT_EQ(tree().levels.back().size, 0u);
}

TEST_F(ShardSpaceTest, WithoutMergingARangeDeleteWaitsInMemory) {
  load();
  const uint64_t flushes = tree().flushes;
  set_merging(engine::Merging::off);
  for (int time = 0; time < 3; ++time) {
    delete_all();
    wait(kSoon);
  }
  EXPECT_EQ(tree().flushes, flushes);
  EXPECT_GT(tree().levels.back().size, 400u << 10);

  set_merging(engine::Merging::on);
  wait(kSoon);
  EXPECT_EQ(tree().levels.back().size, 0u);
}

TEST_F(ShardSpaceTest, ARangeDeleteOverNoWholeTableSealsNothing) {
  write("key");
  delete_all();
  write("key");
  wait(kSoon);
  EXPECT_EQ(tree().flushes, 0u);
}

class ShardTimeTest : public ShardSpaceTest {
protected:
  ShardTimeTest() {
    shard->fail({Errc::cancelled, "it is opened again, with a clock"});
    host.settle(*shard);
    shard.reset();
    host.failure.reset();
    env.clock = &wall;
    open();
    shard->adopt({}, {});
  }
  void put_for(const Bytes& key, const Bytes& value, uint64_t ttl_ms) {
    Answer<Timestamp> answer;
    auto request = std::make_unique<WriteRequest>();
    EXPECT_TRUE(request->batch.put_until(key, value, wall.now() + ttl_ms).ok());
    request->done = answer.done();
    EXPECT_EQ(port->queue.push(request), ShardQueue::Push::taken);
    shard->turn();
    host.settle(*shard);
    EXPECT_TRUE(answer.ok());
  }
};

TEST_F(ShardTimeTest, WhatHasExpiredLeavesTheDiskThoughNobodyWrites) {
  // The moments of writes are the real ones.
  wall.pass(clock.milliseconds());
  for (int number = 0; number < 100; ++number)
    put_for("key" + std::to_string(number), Bytes(4 << 10, 'v'), 3'600'000);
  compact();
  for (int seconds = 0; seconds < 60; ++seconds) wait(std::chrono::seconds(1));
  EXPECT_GT(tree().levels.back().size, 400u << 10);
  wall.pass(3'600'000);
  EXPECT_EQ(get("key7"), std::nullopt);
  for (int seconds = 0; seconds < 11; ++seconds) wait(std::chrono::seconds(1));
  EXPECT_EQ(tree().levels.back().size, 0u);
  EXPECT_GT(tree().tables_dropped, 0u);
}

TEST_F(ShardTimeTest, AMomentThatIsHeldCanBeHeldByMore) {
  write("k", "old");
  const Timestamp moment = clock.now();
  Answer<Timestamp> first;
  shard->advance(moment, first.done());
  write("k", "new");
  compact();
  Answer<Timestamp> second;
  shard->advance(moment, second.done());
  EXPECT_LE(**second.result, moment);
  shard->release(moment);
  write("k", "newest");
  compact();
  EXPECT_EQ(get("k", moment), "old");
}

}  // namespace
}  // namespace coppice::actors
