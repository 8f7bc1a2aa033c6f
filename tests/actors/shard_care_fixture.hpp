// A shard whose jobs, timers and seals a test runs by hand.
#pragma once

#include "actors/throttle.hpp"
#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {

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

}  // namespace coppice::actors
