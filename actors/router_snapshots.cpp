// Snapshots: one moment that every shard concerned agrees to keep.
#include <algorithm>

#include <caf/stateful_actor.hpp>

#include "actors/router.hpp"

namespace coppice::actors {
namespace {

class HeldSnapshot final : public Snapshot {
public:
  HeldSnapshot(Timestamp moment, KeyRange range, std::shared_ptr<Door> door)
      : moment_(moment), range_(std::move(range)), door_(std::move(door)) {}
  ~HeldSnapshot() override { door_->tell_router(atom::release_v, moment_, range_); }

  Timestamp timestamp() const override { return moment_; }

private:
  const Timestamp moment_;
  const KeyRange range_;
  const std::shared_ptr<Door> door_;
};

Error too_far_back(Timestamp moment, Timestamp oldest, uint64_t retention_ms) {
  return {Errc::invalid_argument,
          "the moment " + std::to_string(moment.raw) + " lies too far back: the oldest that can be read is " +
              std::to_string(oldest.raw) + ", as " +
              (retention_ms == 0 ? "no history is kept"
                                 : "history is kept for " + std::to_string(retention_ms) + " ms") +
              " (the setting retention)"};
}

}  // namespace

void Router::snapshot(const KeyRange& range, Done<SnapshotHandle> done) {
  if (closing_) return done(Door::closed());
  if (range.empty()) return done(Error{Errc::invalid_argument, "the range is empty"});
  take_turn([this, range, done = std::move(done)] {
    take_snapshot(range, std::nullopt, done);
    // The shards get the question before anything of the next turn.
    end_turn();
  });
}

void Router::snapshot_at(Timestamp moment, Done<SnapshotHandle> done) {
  if (closing_) return done(Door::closed());
  const Timestamp now = core_->clock.now();
  if (moment > now)
    return done(Error{Errc::invalid_argument, "the moment " + std::to_string(moment.raw) +
                                                  " lies in the future: now is " + std::to_string(now.raw)});
  const uint64_t retention_ms = core_->options.tree.retention_ms;
  const Timestamp oldest = core_->retained_from().value_or(now);
  // What a snapshot holds can be read whatever its age.
  if (!snapshots_.holds(moment) && moment < oldest) return done(too_far_back(moment, oldest, retention_ms));
  take_turn([this, moment, done = std::move(done)] {
    take_snapshot({}, moment, done);
    end_turn();
  });
}

void Router::take_snapshot(const KeyRange& range, std::optional<Timestamp> asked, Done<SnapshotHandle> done) {
  const auto members = roster_.find_overlapping(range);
  for (const ShardRoster::Member* member : members)
    if (member->port == nullptr) return done(member->problem);

  // Known to the registry first, so that whoever takes over a shard from here on inherits it.
  const Timestamp moment = asked.value_or(core_->clock.now());
  snapshots_.add(moment, range);
  const Gather<Timestamp> gather(
      members.size(), [this, range, moment, asked, done](const std::vector<Result<Timestamp>>& answers) {
        auto handle = std::make_shared<const HeldSnapshot>(moment, range, door_);
        if (const Status outcome = first_failure(answers); !outcome.ok()) return done(outcome.error());
        Timestamp oldest = kTimestampMin;
        for (const Result<Timestamp>& answer : answers) oldest = std::max(oldest, *answer);
        if (oldest <= moment) return done(SnapshotHandle(std::move(handle)));
        if (asked) return done(too_far_back(moment, oldest, core_->options.tree.retention_ms));
        // A shard has begun to flush or merge past the moment before it heard of it: a later one will do.
        snapshot(range, done);
      });
  for (size_t i = 0; i < members.size(); ++i)
    ask_shard(members[i]->actor, gather.at(i), atom::advance_v, moment);
}

void Router::release(Timestamp moment, const KeyRange& range) {
  snapshots_.remove(moment, range);
  for (const ShardRoster::Member* member : roster_.find_overlapping(range))
    if (member->port != nullptr) self_->send(member->actor, atom::release_v, moment);
}

}  // namespace coppice::actors
