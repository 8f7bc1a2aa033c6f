// The work of a shard in the background, and the snapshots that it must respect.
#include "actors/throttle.hpp"
#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {
namespace {

class ShardCareTest : public ShardFixture {};

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
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  EXPECT_NE((*stats.result)->problem, "");

  files.heal();
  host.wait(*shard, std::chrono::seconds(1));
  host.settle(*shard);
  Answer<ShardStats> mended;
  shard->stats(mended.done());
  EXPECT_EQ((*mended.result)->problem, "");
  EXPECT_EQ((*mended.result)->tree.flushes, 1u);
}

TEST_F(ShardCareTest, ASnapshotWaitsForTheGroupUnderWayAndKeepsWhatItSaw) {
  write("k", "old");
  push("k", "new", Durability::synced);
  shard->turn();
  const Timestamp moment = clock.now();
  Answer<bool> kept;
  shard->advance(moment, kept.done());
  EXPECT_FALSE(kept.result);
  host.run_one_apart(*shard);
  ASSERT_TRUE(kept.ok());
  EXPECT_TRUE(**kept.result);

  write("k", "newest");
  Answer<Nothing> compact;
  shard->compact({}, compact.done());
  host.settle(*shard);
  host.wait(*shard, kStallStep);
  host.settle(*shard);
  ASSERT_TRUE(compact.ok());
  EXPECT_EQ(get("k", moment), "new");
  EXPECT_EQ(get("k"), "newest");
}

TEST_F(ShardCareTest, AMomentBeforeAPlannedFlushIsTooFarBack) {
  const Timestamp early = clock.now();
  write("k", "1");
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  Answer<bool> kept;
  shard->advance(early, kept.done());
  EXPECT_FALSE(**kept.result);
  Answer<bool> later;
  shard->advance(clock.now(), later.done());
  EXPECT_TRUE(**later.result);
}

}  // namespace
}  // namespace coppice::actors
