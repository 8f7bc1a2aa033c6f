#include "actors/supervisor.hpp"

#include <algorithm>

#include <caf/send.hpp>
#include <caf/spawn_options.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/error.hpp"
#include "actors/exceptions.hpp"

namespace coppice::actors {
namespace {

constexpr std::chrono::milliseconds kPauseMin{50};
constexpr std::chrono::milliseconds kPauseMax{30'000};
/// A shard that served this long failed for a new reason.
constexpr std::chrono::seconds kCalm{60};

}  // namespace

Supervisor::Supervisor(Self self, SupervisorParts parts)
    : self_(self),
      parts_(std::move(parts)),
      directory_(*parts_.directory),
      recovery_(parts_.core->options.tree, directory_,
                [core = parts_.core](uint64_t shard) { return core->watch(shard); }) {}

KeyRange Supervisor::range_of(uint64_t id) const {
  const std::optional<size_t> index = directory_.map().index_of(id);
  COPPICE_CHECK(index);
  return directory_.map().range(*index);
}

void Supervisor::start() {
  std::vector<uint64_t> ids;
  for (const ShardMap::Shard& shard : directory_.map().shards) ids.push_back(shard.id);
  recover_now(ids, {});
  // Directories that no shard has hold nothing that was acknowledged; one that stays is tried again next
  // time.
  (void)directory_.remove_orphans();
}

std::chrono::milliseconds Supervisor::next_pause(uint64_t id) {
  Attempt& attempt = attempts_[id];
  if (parts_.core->platform.now() - attempt.opened_at > kCalm) attempt.pause = {};
  attempt.pause = std::clamp(attempt.pause * 2, kPauseMin, kPauseMax);
  return attempt.pause;
}

void Supervisor::recover(const std::vector<uint64_t>& ids, const std::vector<Timestamp>& snapshots) {
  std::chrono::milliseconds pause = kPauseMin;
  for (const uint64_t id : ids) {
    serving_.erase(id);
    pause = std::max(pause, next_pause(id));
  }
  self_->delayed_send(self_, pause, atom::start_v, ids, snapshots);
}

void Supervisor::recover_now(const std::vector<uint64_t>& ids, const std::vector<Timestamp>& snapshots) {
  if (const Status settled = directory_.settle_map(); !settled.ok()) {
    for (const uint64_t id : ids) report(id, settled.error());
    return recover(ids, snapshots);
  }
  std::set<uint64_t> serving;
  for (const auto& [id, actor] : serving_) serving.insert(id);
  Recovery::Outcome outcome = recovery_.open(ids, serving, snapshots);

  std::vector<uint64_t> failed;
  for (Recovery::Opened& shard : outcome.shards) {
    if (!shard.tree.ok()) {
      failed.push_back(shard.id);
      report(shard.id, shard.tree.error());
      continue;
    }
    attempts_[shard.id].opened_at = parts_.core->platform.now();
    self_->send(parts_.router, atom::serve_v,
                spawn(shard.id, range_of(shard.id), std::move(shard.tree).value(), shard.unsettled));
  }
  for (const Recovery::Settled& batch : outcome.settled)
    self_->send(serving_.at(batch.shard), atom::settle_v, batch.commit);
  if (!failed.empty()) recover(failed, snapshots);
}

void Supervisor::report(uint64_t id, const Error& error) {
  self_->send(parts_.router, atom::failed_v, id, range_of(id), error);
}

OpenedShard Supervisor::spawn(uint64_t id, const KeyRange& range, std::unique_ptr<engine::Storage> tree,
                              uint64_t unsettled) {
  const StoreOptions& options = parts_.core->options;
  // The queue's wake needs the actor, and the actor the queue: the wake finds it here, set before any push.
  auto actor = std::make_shared<ShardActor>();
  auto port = std::make_shared<ShardPort>(
      id, range, tree->reader(), ShardQueue::Limits{options.queue_operations_max, options.queue_size_max},
      [actor] { caf::anon_send(*actor, atom::turn_v); });
  const ShardCrew crew{parts_.router, parts_.log_syncs[id % parts_.log_syncs.size()], parts_.flushers,
                       parts_.compactors};
  *actor =
      self_->spawn(shard_actor, std::shared_ptr<ShardParts>(new ShardParts{
                                    parts_.core->platform, parts_.core->clock, crew, port, std::move(tree),
                                    unsettled, std::chrono::milliseconds(options.merge_interval_ms)}));
  serving_[id] = *actor;
  return {std::move(port), *actor};
}

Result<SplitPlace> Supervisor::begin_split() {
  SplitPlace place;
  COPPICE_TRY_ASSIGN(left, directory_.new_shard_id());
  COPPICE_TRY_ASSIGN(right, directory_.new_shard_id());
  place.shards = {left, right};
  const auto half_of = [this](uint64_t id) {
    return engine::SplitHalf{directory_.shard_directory(id), directory_.cold_shard_directory(id)};
  };
  place.left = half_of(left);
  place.right = half_of(right);
  return place;
}

Result<OpenedShards> Supervisor::end_split(uint64_t parent, const Bytes& key, const SplitPlace& place) {
  ShardMap map = directory_.map().after_split(parent, key, place.shards.left, place.shards.right);
  const engine::TreeOptions& options = parts_.core->options.tree;
  const auto open = [&](uint64_t id) { return directory_.open_shard(id, options, parts_.core->watch(id)); };
  COPPICE_TRY_ASSIGN(left, open(place.shards.left));
  COPPICE_TRY_ASSIGN(right, open(place.shards.right));
  COPPICE_TRY(directory_.write_map(std::move(map)));
  serving_.erase(parent);
  return OpenedShards{spawn(place.shards.left, range_of(place.shards.left), std::move(left), 0),
                      spawn(place.shards.right, range_of(place.shards.right), std::move(right), 0)};
}

void Supervisor::retire(uint64_t id) {
  if (directory_.map().index_of(id)) return;
  // What is left is an orphan, which the next start removes.
  (void)directory_.remove_shard(id);
}

Status Supervisor::begin_checkpoint(const std::string& directory) {
  return directory_.begin_checkpoint(directory);
}

Status Supervisor::end_checkpoint(const std::string& directory, bool made) {
  return directory_.end_checkpoint(directory, made);
}

SupervisorActor::behavior_type supervisor(Supervisor::Self self,
                                          const std::shared_ptr<SupervisorParts>& parts) {
  end_with_exceptions(*self);
  self->state.supervisor = std::make_unique<Supervisor>(self, std::move(*parts));
  Supervisor* state = self->state.supervisor.get();
  return {
      [state](atom::start, const Done<Nothing>& done) {
        state->start();
        done(Nothing{});
      },
      [state](atom::start, const std::vector<uint64_t>& ids, const std::vector<Timestamp>& snapshots) {
        state->recover_now(ids, snapshots);
      },
      [state](atom::recover, const std::vector<uint64_t>& ids, const std::vector<Timestamp>& snapshots) {
        state->recover(ids, snapshots);
      },
      [state](atom::begin_split) -> caf::result<SplitPlace> {
        Result<SplitPlace> place = state->begin_split();
        if (!place.ok()) return to_caf(place.error());
        return std::move(place).value();
      },
      [state](atom::end_split, uint64_t parent, const Bytes& key,
              const SplitPlace& place) -> caf::result<OpenedShards> {
        Result<OpenedShards> opened = state->end_split(parent, key, place);
        if (!opened.ok()) return to_caf(opened.error());
        return std::move(opened).value();
      },
      [state](atom::retire, uint64_t id) { state->retire(id); },
      [state](atom::begin_checkpoint, const std::string& directory) -> caf::result<Nothing> {
        const Status begun = state->begin_checkpoint(directory);
        if (!begun.ok()) return to_caf(begun.error());
        return Nothing{};
      },
      [state](atom::end_checkpoint, const std::string& directory, bool made) -> caf::result<Nothing> {
        const Status ended = state->end_checkpoint(directory, made);
        if (!ended.ok()) return to_caf(ended.error());
        return Nothing{};
      },
      [self](atom::close) {
        self->quit();
        return Nothing{};
      },
  };
}

}  // namespace coppice::actors
