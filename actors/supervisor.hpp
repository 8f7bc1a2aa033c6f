// The actor that brings shards up and keeps the shard map.
#pragma once

#include "actors/core.hpp"
#include "actors/protocol.hpp"
#include "actors/recovery.hpp"
#include "actors/shard_actor.hpp"

namespace coppice::actors {

/// What a supervisor is given. Everything but the directory is shared.
struct SupervisorParts {
  std::shared_ptr<Core> core;
  std::unique_ptr<StoreDirectory> directory;
  RouterActor router;
  PoolActor flushers;
  PoolActor compactors;
  std::vector<WorkerActor> log_syncs;
};

/// Waits for the disk: to be spawned detached, but under a test's scheduler.
class Supervisor {
public:
  using Self = SupervisorActor::stateful_pointer<struct SupervisorState>;

  Supervisor(Self self, SupervisorParts parts);

  void start();
  void recover(const std::vector<uint64_t>& ids, const std::vector<Timestamp>& snapshots);
  void recover_now(const std::vector<uint64_t>& ids, const std::vector<Timestamp>& snapshots);
  Result<SplitPlace> begin_split();
  Result<OpenedShards> end_split(uint64_t parent, const Bytes& key, const SplitPlace& place);
  void retire(uint64_t id);
  Status begin_checkpoint(const std::string& directory);
  Status end_checkpoint(const std::string& directory, bool made);

private:
  struct Attempt {
    std::chrono::steady_clock::time_point opened_at{};
    std::chrono::milliseconds pause{0};
  };

  KeyRange range_of(uint64_t id) const;
  std::chrono::milliseconds next_pause(uint64_t id);
  OpenedShard spawn(uint64_t id, const KeyRange& range, std::unique_ptr<engine::Storage> tree,
                    uint64_t unsettled);
  void report(uint64_t id, const Error& error);

  const Self self_;
  const SupervisorParts parts_;
  StoreDirectory& directory_;
  Recovery recovery_;
  // Shards that serve, by id.
  std::map<uint64_t, ShardActor> serving_;
  std::map<uint64_t, Attempt> attempts_;
};

struct SupervisorState {
  std::unique_ptr<Supervisor> supervisor;

  static constexpr const char* name = "coppice.supervisor";
};

SupervisorActor::behavior_type supervisor(Supervisor::Self self,
                                          const std::shared_ptr<SupervisorParts>& parts);

}  // namespace coppice::actors
