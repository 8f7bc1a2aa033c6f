// The actor that publishes the routing table and coordinates what concerns several shards.
#pragma once

#include <deque>

#include "actors/ask.hpp"
#include "actors/core.hpp"
#include "actors/door.hpp"
#include "actors/ended_shards.hpp"
#include "actors/protocol.hpp"
#include "actors/shard_roster.hpp"
#include "actors/snapshot_registry.hpp"

namespace coppice::actors {

struct RouterState;

/// Its steps that must not mix take turns: one batch over several shards, one split or one ingest at a time, and no
/// snapshot begins meanwhile. What is asked of a shard is answered on the router's own turn.
class Router {
public:
  using Self = RouterActor::stateful_pointer<RouterState>;

  Router(Self self, std::shared_ptr<Core> core)
      : self_(self), core_(std::move(core)), roster_(core_->table) {}
  ~Router();

  // Shards.
  void bind(SupervisorActor supervisor, DoorPtr door);
  void serve(const OpenedShard& shard);
  void withdraw(uint64_t id, const KeyRange& range, const Error& why);
  void shard_failed(uint64_t id, const Error& why);
  void shard_ended(uint64_t id);

  // Calls.
  void write(std::unique_ptr<WriteRequest> request);
  void snapshot(const KeyRange& range, Done<SnapshotHandle> done);
  void snapshot_at(Timestamp moment, Done<SnapshotHandle> done);
  void release(Timestamp moment, const KeyRange& range);
  void care(const CareCall& call, Done<Nothing> done);
  void set_merging(engine::Merging merging, Done<Nothing> done);
  void cancel_merge(uint64_t id, Done<Nothing> done);
  void look_for_cancelled();
  void merges(Done<std::vector<RangeMergeHandle>> done);
  void ingest(const StagedFilesPtr& files, Done<Ingested> done);
  void split(const Bytes& key, Done<SplitShards> done);
  void checkpoint(const std::string& directory, Done<Timestamp> done);
  void stats(Done<std::vector<ShardStats>> done);
  void close(Done<Nothing> done);

  const std::shared_ptr<Core>& core() const { return core_; }
  const DoorPtr& door() const { return door_; }

private:
  using Turn = std::function<void()>;

  // Turns (router.cpp). Each turn calls end_turn() when its last answer has come.
  void take_turn(Turn turn);
  void end_turn();
  void run_turns();
  /// The router does not end before the answer has come.
  template <class T, class... Args>
  void ask_shard(const ShardActor& shard, Done<T> done, Args... args) {
    ++asked_;
    const auto answered = [this, done = std::move(done)](Result<T> answer) {
      done(std::move(answer));
      --asked_;
      end_if_done();
    };
    ask<T>(self_, shard, answered, std::move(args)...);
  }
  /// Behind the turns that wait now, which a split may be among.
  void after_turns(Turn work);
  void care_for_all(const CareCall& call, Done<Nothing> done);
  void adopt(const ShardActor& shard, const KeyRange& range, WriteListPtr inherited);
  void care_for(const ShardRoster::Member& member, const CareCall& call, Done<Nothing> done);
  void recover(std::vector<uint64_t> ids);
  void refuse(WriteList list, const Error& error);

  // Batches over several shards (router_writes.cpp).
  struct Spanning;
  void write_spanning();
  std::shared_ptr<Spanning> gather_spanning();
  void hold_spanning(const std::shared_ptr<Spanning>& batch);
  void log_spanning(const std::shared_ptr<Spanning>& batch);
  void apply_spanning(const std::shared_ptr<Spanning>& batch);
  void fail_spanning(const std::shared_ptr<Spanning>& batch, const Error& error);
  void end_spanning(const std::shared_ptr<Spanning>& batch, const Status& outcome);

  /// Whether all of these have answered, and are still the shards of these ids.
  Status check_held(const std::vector<uint64_t>& ids, const std::vector<ShardActor>& actors,
                    const std::vector<Result<Nothing>>& held) const;

  // Ingesting (router_ingest.cpp).
  struct Ingesting;
  void begin_ingest(const StagedFilesPtr& files, const Done<Ingested>& done);
  void ingest_held(const std::shared_ptr<Ingesting>& call);
  void end_ingest(const std::shared_ptr<Ingesting>& call, const Status& outcome);

  // Snapshots (router_snapshots.cpp).
  void take_snapshot(const KeyRange& range, std::optional<Timestamp> asked, Done<SnapshotHandle> done);

  // Splits (router_splits.cpp).
  struct Split;
  void begin_split(const std::shared_ptr<Split>& split);
  void cut(const std::shared_ptr<Split>& split);
  void open_halves(const std::shared_ptr<Split>& split);
  void publish_halves(const std::shared_ptr<Split>& split, const OpenedShards& halves);
  void end_split(const std::shared_ptr<Split>& split, Result<SplitShards> outcome);

  // Checkpoints (router_checkpoints.cpp).
  struct Checkpoint;
  void begin_checkpoint(const std::shared_ptr<Checkpoint>& checkpoint);
  void hold_for(const std::shared_ptr<Checkpoint>& checkpoint);
  void end_checkpoint(const std::shared_ptr<Checkpoint>& checkpoint, const Status& outcome);

  // The end (router.cpp).
  void close_shards(Done<Nothing> done);
  void end_if_done();

  const Self self_;
  const std::shared_ptr<Core> core_;
  DoorPtr door_;
  ShardRoster roster_;
  SupervisorActor supervisor_;
  SnapshotRegistry snapshots_;
  EndedShards ended_;

  std::deque<Turn> turns_;
  bool turn_taken_ = false;
  bool running_turns_ = false;
  bool closing_ = false;
  // Merges of ranges under way, by their ids.
  std::map<uint64_t, RangeMergeHandle> merges_;
  // Requests to shards without an answer yet.
  uint64_t asked_ = 0;
  // Once every shard is closed: tells so.
  std::function<void()> farewell_;

  // Batches over several shards that wait for a turn.
  WriteList spanning_;
  uint64_t spanning_operations_ = 0;
  uint64_t spanning_size_ = 0;
};

struct RouterState {
  std::unique_ptr<Router> router;

  static constexpr const char* name = "coppice.router";
};

RouterActor::behavior_type router(Router::Self self, const std::shared_ptr<Core>& core);

}  // namespace coppice::actors
