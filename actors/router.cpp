#include "actors/router.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>

#include "actors/recovery.hpp"

namespace coppice::actors {
namespace {

/// The answer of a shard that has become two.
template <class T>
bool was_split(const Result<T>& answer) {
  return !answer.ok() && answer.error().code == Errc::moved;
}

/// What is known of shards without asking them.
std::vector<ShardStats> down_stats(const std::vector<const ShardRoster::Member*>& members) {
  std::vector<ShardStats> stats(members.size());
  for (size_t i = 0; i < members.size(); ++i) {
    stats[i].id = members[i]->id;
    stats[i].range = members[i]->range;
  }
  return stats;
}

}  // namespace

Router::~Router() { COPPICE_CHECK(spanning_.empty()); }

// Turns.

void Router::take_turn(Turn turn) {
  turns_.push_back(std::move(turn));
  run_turns();
}

void Router::end_turn() {
  turn_taken_ = false;
  run_turns();
}

void Router::run_turns() {
  // A turn that ends at once comes back here; the outer call goes on with the next.
  if (std::exchange(running_turns_, true)) return;
  while (!turn_taken_ && !turns_.empty()) {
    turn_taken_ = true;
    const Turn turn = std::move(turns_.front());
    turns_.pop_front();
    turn();
  }
  running_turns_ = false;
}

// Shards.

void Router::bind(SupervisorActor supervisor, DoorPtr door) {
  supervisor_ = std::move(supervisor);
  door_ = std::move(door);
}

void Router::serve(const OpenedShard& shard) {
  if (closing_ && !core_->table.current()) {
    // Opened while the store closed.
    return ask_shard<Nothing>(
        shard.actor, [](const Result<Nothing>&) {}, atom::close_v, std::make_shared<WriteList>());
  }
  roster_.serve(shard);
  core_->events.on_event({.kind = engine::EventKind::shard_up, .tree = shard.port->id});
  adopt(shard.actor, shard.port->range, std::make_shared<WriteList>());
}

void Router::adopt(const ShardActor& shard, const KeyRange& range, WriteListPtr inherited) {
  // First, so that no merge begins that should not.
  ask_shard<Nothing>(
      shard, [](const Result<Nothing>&) {}, atom::merging_v, core_->merging.load(std::memory_order_relaxed));
  self_->send(shard, atom::adopt_v, snapshots_.held_in(range), std::move(inherited));
}

void Router::withdraw(uint64_t id, const KeyRange& range, const Error& why) {
  core_->events.on_event({.kind = engine::EventKind::shard_down, .tree = id, .outcome = why});
  // Published first: a writer that finds the queue closed finds the new table too.
  const std::shared_ptr<ShardPort> port = roster_.withdraw(id, range, why);
  if (port != nullptr) refuse(port->queue.close(), refusal(id, range, why));
}

void Router::shard_failed(uint64_t id, const Error& why) {
  if (const ShardRoster::Member* member = roster_.find_id(id)) withdraw(id, KeyRange(member->range), why);
}

void Router::shard_ended(uint64_t id) {
  if (closing_ && !core_->table.current()) return;
  if (roster_.find_id(id) == nullptr) {
    // It was split, and its readers may go on: their files are open, or linked by the halves.
    self_->send(supervisor_, atom::retire_v, id);
    return;
  }
  recover(ended_.end(id));
}

void Router::recover(std::vector<uint64_t> ids) {
  if (!ids.empty()) self_->send(supervisor_, atom::recover_v, std::move(ids), snapshots_.held_in({}));
}

void Router::refuse(WriteList list, const Error& error) {
  while (auto request = list.pop_front()) request->done(error);
}

// Care and counts.

void Router::care(const CareCall& call, Done<Nothing> done) {
  if (call.merge == nullptr) return care_for_all(call, std::move(done));
  merges_[call.merge->id] = call.merge;
  care_for_all(call, [this, id = call.merge->id, done = std::move(done)](Result<Nothing> answer) {
    merges_.erase(id);
    done(std::move(answer));
  });
}

void Router::care_for_all(const CareCall& call, Done<Nothing> done) {
  if (closing_) return done(Door::closed());
  const auto members = roster_.find_overlapping(call.range);
  if (members.empty()) return done(Nothing{});
  const Gather<Nothing> gather(members.size(), [done](const std::vector<Result<Nothing>>& answers) {
    if (Status outcome = first_failure(answers); !outcome.ok()) return done(std::move(outcome).error());
    done(Nothing{});
  });
  for (size_t i = 0; i < members.size(); ++i)
    care_for(*members[i], {call.kind, intersection(call.range, members[i]->range), call.merge}, gather.at(i));
}

void Router::care_for(const ShardRoster::Member& member, const CareCall& call, Done<Nothing> done) {
  if (member.port == nullptr) return done(member.problem);
  const Done<Nothing> answered = [this, call, done = std::move(done)](Result<Nothing> answer) {
    if (!was_split(answer)) return done(std::move(answer));
    // No turn comes after that of the close.
    if (closing_) return done(Door::closed());
    // Its halves are ours once the split has ended its turn.
    after_turns([this, call, done] { care_for_all(call, done); });
  };
  if (call.kind == CareCall::Kind::flush) return ask_shard(member.actor, answered, atom::flush_v);
  ask_shard(member.actor, answered, atom::compact_v, call.range, call.merge);
}

void Router::set_merging(engine::Merging merging, Done<Nothing> done) {
  if (closing_) return done(Door::closed());
  core_->merging.store(merging, std::memory_order_relaxed);
  std::vector<ShardActor> serving;
  for (const ShardRoster::Member* member : roster_.find_overlapping({}))
    if (member->port != nullptr) serving.push_back(member->actor);
  if (serving.empty()) return done(Nothing{});
  // A shard that fails or is cut meanwhile merges no more, and what comes up in its place is told when it is adopted.
  const Gather<Nothing> gather(serving.size(), [done](const auto&) { done(Nothing{}); });
  for (size_t i = 0; i < serving.size(); ++i) ask_shard(serving[i], gather.at(i), atom::merging_v, merging);
}

void Router::cancel_merge(uint64_t id, Done<Nothing> done) {
  const auto found = merges_.find(id);
  if (found == merges_.end())
    return done(Error{Errc::not_found, "no merge " + std::to_string(id) + " is under way"});
  found->second->cancel();
  done(Nothing{});
}

void Router::look_for_cancelled() {
  for (const ShardRoster::Member* member : roster_.find_overlapping({}))
    if (member->port != nullptr) self_->send(member->actor, atom::turn_v);
}

void Router::merges(Done<std::vector<RangeMergeHandle>> done) {
  std::vector<RangeMergeHandle> all;
  for (const auto& [id, merge] : merges_) all.push_back(merge);
  done(std::move(all));
}

void Router::stats(Done<std::vector<ShardStats>> done) {
  const auto members = roster_.find_overlapping({});
  if (members.empty()) return done(Door::closed());
  const Gather<ShardStats> gather(
      members.size(), [this, done, infos = down_stats(members)](std::vector<Result<ShardStats>> answers) {
        if (std::ranges::any_of(answers, was_split<ShardStats>))
          return closing_ ? done(Door::closed()) : after_turns([this, done] { stats(done); });
        std::vector<ShardStats> stats = infos;
        for (size_t i = 0; i < answers.size(); ++i) {
          if (answers[i].ok()) {
            stats[i] = std::move(*answers[i]);
          } else {
            stats[i].state =
                is_lasting(answers[i].error()) ? ShardStats::State::failed : ShardStats::State::recovering;
            stats[i].problem = answers[i].error().text;
          }
        }
        done(std::move(stats));
      });
  for (size_t i = 0; i < members.size(); ++i) {
    if (members[i]->port != nullptr) {
      ask_shard(members[i]->actor, gather.at(i), atom::stats_v);
    } else {
      gather.at(i)(members[i]->problem);
    }
  }
}

void Router::after_turns(Turn work) {
  take_turn([this, work = std::move(work)] {
    work();
    end_turn();
  });
}

// The end.

void Router::close(Done<Nothing> done) {
  if (closing_) return done(Door::closed());
  closing_ = true;
  // Behind all that is under way.
  take_turn([this, done = std::move(done)] {
    // First the supervisor, so that no shard opens behind our back.
    ask<Nothing>(
        self_, supervisor_, [this, done](const Result<Nothing>&) { close_shards(done); }, atom::close_v);
  });
}

void Router::close_shards(Done<Nothing> done) {
  std::vector<OpenedShard> open;
  Status problem;
  for (const ShardRoster::Member* member : roster_.find_overlapping({})) {
    if (member->port != nullptr) {
      open.push_back({member->port, member->actor});
    } else if (problem.ok()) {
      problem = member->problem;
    }
  }
  roster_.close();
  const auto finish = [this, done = std::move(done), problem](const std::vector<Result<Nothing>>& answers) {
    farewell_ = [done, outcome = answers.empty() || first_failure(answers).ok() ? problem
                                                                                : first_failure(answers)] {
      if (!outcome.ok()) return done(outcome.error());
      done(Nothing{});
    };
  };
  if (open.empty()) {
    finish({});
    return end_if_done();
  }
  const Gather<Nothing> gather(open.size(), finish);
  for (size_t i = 0; i < open.size(); ++i) {
    const auto leftover = std::make_shared<WriteList>(open[i].port->queue.close());
    const auto closed = [this, leftover, done = gather.at(i)](Result<Nothing> answer) {
      // A shard that has failed and ended takes nothing any more.
      refuse(std::exchange(*leftover, {}), Door::closed());
      done(std::move(answer));
    };
    ask_shard<Nothing>(open[i].actor, closed, atom::close_v, leftover);
  }
}

void Router::end_if_done() {
  if (!farewell_ || asked_ > 0) return;
  const auto farewell = std::exchange(farewell_, nullptr);
  refuse(std::exchange(spanning_, {}), Door::closed());
  self_->quit();
  farewell();
}

}  // namespace coppice::actors
