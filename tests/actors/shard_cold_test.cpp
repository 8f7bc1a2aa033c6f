// The work of a shard whose tree has a second disk.
#include "actors/throttle.hpp"
#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {
namespace {

class ShardColdTest : public ShardFixture {
protected:
  ShardColdTest() {
    shard->fail({Errc::cancelled, "it is opened again, with a cold directory"});
    host.settle(*shard);
    shard.reset();
    host.failure.reset();
    env.clock = &wall;
    env.cold_directory = "/cold";
    // The moments of writes are the real ones.
    wall.pass(clock.milliseconds());
  }
  void begin(uint64_t cold_after_ms) {
    options.cold_after_ms = cold_after_ms;
    open();
    shard->adopt({}, {});
  }

  ShardStats stats() {
    Answer<ShardStats> answer;
    shard->stats(answer.done());
    return **answer.result;
  }
  void wait(std::chrono::seconds span) {
    for (; span.count() > 0; --span) {
      host.wait(*shard, std::chrono::seconds(1));
      host.settle(*shard);
    }
  }
  bool flush(const Bytes& key) {
    write(key);
    Answer<Nothing> flushed;
    shard->flush(flushed.done());
    host.settle(*shard);
    return flushed.ok();
  }
  /// Answers once its merges are run.
  void compact(Answer<Nothing>& answer) {
    shard->compact({}, merge_of_all(), answer.done());
    host.settle(*shard);
    host.wait(*shard, kStallStep);
  }
};

TEST_F(ShardColdTest, MergesThatFindNoSpaceKeepNoMemtableFromItsFlush) {
  begin(0);
  ASSERT_TRUE(flush("k0"));
  Answer<Nothing> refused;
  files.set_room(0);
  compact(refused);
  host.settle(*shard);
  EXPECT_EQ(refused.code(), Errc::out_of_space);
  files.heal();

  // No time passes, so the next merge waits still.
  EXPECT_TRUE(flush("k1"));
  EXPECT_NE(stats().problem, "");
  EXPECT_TRUE(flush("k2"));
  EXPECT_EQ(stats().tree.cold.count, 0u);
  wait(std::chrono::seconds(1));
  Answer<Nothing> done;
  compact(done);
  host.settle(*shard);
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(stats().problem, "");
  EXPECT_EQ(stats().tree.cold.count, 1u);
}

TEST_F(ShardColdTest, WhatIsOldEnoughGoesToTheColdDirectoryThoughNobodyWrites) {
  begin(3'600'000);
  ASSERT_TRUE(flush("key"));
  wait(std::chrono::seconds(30));
  EXPECT_EQ(stats().tree.cold.count, 0u);
  wall.pass(3'600'000);
  wait(std::chrono::seconds(11));
  EXPECT_EQ(stats().tree.cold.count, 1u);
  EXPECT_EQ(get("key"), "v");
}

}  // namespace
}  // namespace coppice::actors
