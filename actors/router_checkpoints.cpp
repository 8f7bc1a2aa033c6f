// Checkpoints: a second store of one moment, while every shard stands still for as long as links take.
#include <caf/stateful_actor.hpp>

#include "actors/router.hpp"
#include "actors/store_paths.hpp"

namespace coppice::actors {

/// A checkpoint under way.
struct Router::Checkpoint {
  std::string directory;
  Done<Timestamp> done;
  std::vector<uint64_t> shards;
  std::vector<ShardActor> actors;
  Timestamp moment;
};

void Router::checkpoint(const std::string& directory, Done<Timestamp> done) {
  if (closing_ || !roster_.complete()) return done(Door::closed());
  auto checkpoint = std::make_shared<Checkpoint>();
  checkpoint->directory = directory;
  checkpoint->done = std::move(done);
  // The long flush while all goes on; little is left to copy then.
  care({CareCall::Kind::flush, {}}, [this, checkpoint](const Result<Nothing>& flushed) {
    if (!flushed.ok()) return checkpoint->done(flushed.error());
    if (closing_) return checkpoint->done(Door::closed());
    take_turn([this, checkpoint] { begin_checkpoint(checkpoint); });
  });
}

void Router::begin_checkpoint(const std::shared_ptr<Checkpoint>& checkpoint) {
  for (const ShardRoster::Member* member : roster_.find_overlapping({})) {
    if (member->port == nullptr) {
      checkpoint->done(member->problem);
      return end_turn();
    }
    checkpoint->shards.push_back(member->id);
    checkpoint->actors.push_back(member->actor);
  }
  ask<Nothing>(
      self_, supervisor_,
      [this, checkpoint](const Result<Nothing>& begun) {
        if (begun.ok()) return hold_for(checkpoint);
        checkpoint->done(begun.error());
        end_turn();
      },
      atom::begin_checkpoint_v, checkpoint->directory);
}

void Router::hold_for(const std::shared_ptr<Checkpoint>& checkpoint) {
  const auto let_go = [this, checkpoint](const std::vector<Result<Nothing>>& held) {
    for (size_t i = 0; i < held.size(); ++i)
      if (held[i].ok()) self_->send(checkpoint->actors[i], atom::let_go_v);
  };
  const Gather<Nothing> gather(checkpoint->actors.size(), [this, checkpoint,
                                                           let_go](const std::vector<Result<Nothing>>& held) {
    if (const Status outcome = first_failure(held); !outcome.ok()) {
      let_go(held);
      return end_checkpoint(checkpoint, outcome);
    }
    // All stand still: later than all they committed, earlier than all they will.
    checkpoint->moment = core_->clock.now();
    const Gather<Nothing> copied(checkpoint->actors.size(),
                                 [this, checkpoint, let_go, held](const std::vector<Result<Nothing>>& made) {
                                   let_go(held);
                                   end_checkpoint(checkpoint, first_failure(made));
                                 });
    for (size_t i = 0; i < checkpoint->actors.size(); ++i)
      ask_shard(checkpoint->actors[i], copied.at(i), atom::checkpoint_v,
                shard_path(checkpoint->directory, checkpoint->shards[i]));
  });
  constexpr uint64_t kNothingToLog = 1;
  for (size_t i = 0; i < checkpoint->actors.size(); ++i)
    ask_shard(checkpoint->actors[i], gather.at(i), atom::hold_v, kNothingToLog);
}

void Router::end_checkpoint(const std::shared_ptr<Checkpoint>& checkpoint, const Status& outcome) {
  ask<Nothing>(
      self_, supervisor_,
      [this, checkpoint, outcome](const Result<Nothing>& ended) {
        if (!outcome.ok()) {
          checkpoint->done(outcome.error());
        } else if (!ended.ok()) {
          checkpoint->done(ended.error());
        } else {
          checkpoint->done(checkpoint->moment);
        }
        end_turn();
      },
      atom::end_checkpoint_v, checkpoint->directory, outcome.ok());
}

}  // namespace coppice::actors
