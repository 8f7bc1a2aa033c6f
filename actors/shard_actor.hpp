// The actor around a Shard.
#pragma once

#include "actors/platform.hpp"
#include "actors/protocol.hpp"

namespace coppice::actors {

/// Who a shard works with. All outlive it.
struct ShardCrew {
  RouterActor router;
  WorkerActor log_sync;
  PoolActor flushers;
  PoolActor compactors;
};

/// What a shard is made of; taken by the actor when it begins.
struct ShardParts {
  Platform& platform;
  HybridClock& clock;
  ShardCrew crew;
  std::shared_ptr<ShardPort> port;
  std::unique_ptr<engine::Storage> tree;
  uint64_t unsettled = 0;
  std::chrono::milliseconds merge_interval{0};
};

struct ShardState {
  std::unique_ptr<ShardHost> host;
  std::unique_ptr<Shard> shard;

  static constexpr const char* name = "coppice.shard";
};

/// Never waits for the disk but for appends that the operating system holds back: it may run on the
/// scheduler.
ShardActor::behavior_type shard_actor(ShardActor::stateful_pointer<ShardState> self,
                                      const std::shared_ptr<ShardParts>& parts);

}  // namespace coppice::actors
