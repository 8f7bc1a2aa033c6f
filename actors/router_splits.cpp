// Splits: a shard becomes two, and nobody waits but its writers, for as long as a few links take.
#include <caf/stateful_actor.hpp>

#include "actors/router.hpp"
#include "actors/submit.hpp"

namespace coppice::actors {

/// A split under way.
struct Router::Split {
  Bytes key;
  Done<SplitShards> done;
  uint64_t parent = 0;
  std::shared_ptr<ShardPort> port;
  ShardActor actor;
  SplitPlace place;
  /// What the parent had taken from its queue when it was cut.
  WriteList taken;
};

void Router::split(const Bytes& key, Done<SplitShards> done) {
  if (closing_ || !roster_.complete()) return done(Door::closed());
  if (const Status valid = check_key(key); !valid.ok()) return done(valid.error());
  const ShardRoster::Member& member = roster_.find(key);
  if (member.port == nullptr) return done(member.problem);
  auto split = std::make_shared<Split>();
  split->key = key;
  split->done = std::move(done);
  // The long flush while all goes on; the turn then finds little left to flush.
  ask_shard<Nothing>(
      member.actor,
      [this, split](const Result<Nothing>& flushed) {
        // If another split came first, this one finds the half that has the key now.
        if (!flushed.ok() && flushed.error().code != Errc::moved) return split->done(flushed.error());
        if (closing_) return split->done(Door::closed());
        take_turn([this, split] { begin_split(split); });
      },
      atom::flush_v);
}

void Router::begin_split(const std::shared_ptr<Split>& split) {
  const ShardRoster::Member& member = roster_.find(split->key);
  if (member.port == nullptr) return end_split(split, member.problem);
  if (member.range.begin == split->key)
    return end_split(split,
                     Error{Errc::invalid_argument, "shard " + std::to_string(member.id) + " begins with " +
                                                       printable(split->key) + " already"});
  split->parent = member.id;
  split->port = member.port;
  split->actor = member.actor;
  ask<SplitPlace>(
      self_, supervisor_,
      [this, split](Result<SplitPlace> place) {
        if (!place.ok()) return end_split(split, place.error());
        split->place = std::move(*place);
        cut(split);
      },
      atom::begin_split_v);
}

void Router::cut(const std::shared_ptr<Split>& split) {
  const Cut plan{split->key, split->place.left, split->place.right};
  ask_shard<WriteListPtr>(
      split->actor,
      [this, split](Result<WriteListPtr> taken) {
        if (!taken.ok()) {
          self_->send(supervisor_, atom::retire_v, split->place.shards.left);
          self_->send(supervisor_, atom::retire_v, split->place.shards.right);
          return end_split(split, taken.error());
        }
        split->taken = std::move(**taken);
        open_halves(split);
      },
      atom::cut_v, plan);
}

void Router::open_halves(const std::shared_ptr<Split>& split) {
  ask<OpenedShards>(
      self_, supervisor_,
      [this, split](const Result<OpenedShards>& halves) {
        if (halves.ok()) return publish_halves(split, *halves);
        // Which map is on the disk may be unknown; recovery settles it, and opens the shard again.
        const Error& why = halves.error();
        refuse(std::exchange(split->taken, {}), refusal(split->parent, split->port->range, why));
        shard_failed(split->parent, why);
        self_->send(split->actor, atom::fail_v, why);
        end_split(split, why);
      },
      atom::end_split_v, split->parent, split->key, split->place);
}

void Router::publish_halves(const std::shared_ptr<Split>& split, const OpenedShards& halves) {
  roster_.replace(split->parent, halves);
  // Writers who still had the old table got into the old queue until now, and come first in the new ones: two
  // writes of one thread stay in order.
  split->taken.append(split->port->queue.close());
  std::vector<WriteListPtr> inherited;
  for (size_t i = 0; i < halves.size(); ++i) inherited.push_back(std::make_shared<WriteList>());
  while (auto request = split->taken.pop_front()) {
    size_t half = 0;
    while (half < halves.size() && !holds(halves[half].port->range, *request)) ++half;
    if (half < halves.size()) {
      inherited[half]->push_back(std::move(request));
    } else {
      write(std::move(request));
    }
  }
  for (size_t i = 0; i < halves.size(); ++i) adopt(halves[i].actor, halves[i].port->range, inherited[i]);
  ask_shard<Nothing>(
      split->actor, [](const Result<Nothing>&) {}, atom::close_v, std::make_shared<WriteList>());
  core_->events.on_event({.kind = engine::EventKind::split,
                          .tree = split->parent,
                          .halves = {split->place.shards.left, split->place.shards.right}});
  end_split(split, split->place.shards);
}

void Router::end_split(const std::shared_ptr<Split>& split, Result<SplitShards> outcome) {
  split->done(std::move(outcome));
  end_turn();
}

}  // namespace coppice::actors
