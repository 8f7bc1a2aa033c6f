// Space that nobody can ask for any more, given back by a shard that nobody writes to: deletes of ranges, and time.
#include "tests/actors/shard_care_fixture.hpp"

namespace coppice::actors {
namespace {

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
