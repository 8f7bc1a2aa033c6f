// Snapshots: one moment that every shard concerned agrees to keep.
#include <caf/stateful_actor.hpp>

#include "actors/router.hpp"

namespace coppice::actors {
namespace {

class HeldSnapshot final : public Snapshot {
public:
  HeldSnapshot(Timestamp moment, std::shared_ptr<Door> door) : moment_(moment), door_(std::move(door)) {}
  ~HeldSnapshot() override { door_->tell_router(atom::release_v, moment_); }

  Timestamp timestamp() const override { return moment_; }

private:
  const Timestamp moment_;
  const std::shared_ptr<Door> door_;
};

}  // namespace

void Router::snapshot(const KeyRange& range, Done<SnapshotHandle> done) {
  if (closing_) return done(Door::closed());
  if (range.empty()) return done(Error{Errc::invalid_argument, "the range is empty"});
  take_turn([this, range, done = std::move(done)] {
    take_snapshot(range, done);
    // The shards get the question before anything of the next turn.
    end_turn();
  });
}

void Router::take_snapshot(const KeyRange& range, Done<SnapshotHandle> done) {
  const auto members = roster_.find_overlapping(range);
  for (const ShardRoster::Member* member : members)
    if (member->port == nullptr) return done(member->problem);

  // Known to the registry first, so that whoever takes over a shard from here on inherits it.
  const Timestamp moment = core_->clock.now();
  snapshots_.add(moment, range);
  const Gather<bool> gather(members.size(),
                            [this, range, moment, done](const std::vector<Result<bool>>& kept) {
                              auto handle = std::make_shared<const HeldSnapshot>(moment, door_);
                              if (const Status outcome = first_failure(kept); !outcome.ok())
                                return done(outcome.error());
                              // A shard has begun to flush or merge past the moment before it heard of it: a
                              // later one will do.
                              for (const Result<bool>& answer : kept)
                                if (!*answer) return snapshot(range, done);
                              done(SnapshotHandle(std::move(handle)));
                            });
  for (size_t i = 0; i < members.size(); ++i)
    ask_shard(members[i]->actor, gather.at(i), atom::advance_v, moment);
}

void Router::release(Timestamp moment) {
  const KeyRange range = snapshots_.range_of(moment);
  snapshots_.remove(moment);
  for (const ShardRoster::Member* member : roster_.find_overlapping(range))
    if (member->port != nullptr) self_->send(member->actor, atom::release_v, moment);
}

}  // namespace coppice::actors
