// The care of a store: what is asked of all of it, or of a range, beside reads and writes.
#include <caf/stateful_actor.hpp>

#include "actors/staged_files.hpp"
#include "actors/store_paths.hpp"
#include "actors/store_state.hpp"
#include "actors/store_stats.hpp"
#include "actors/verify.hpp"

namespace coppice::actors {

Status Store::flush(const KeyRange& range) {
  return state_->wait_for<Nothing>([&](auto done) { flush(range, std::move(done)); }).status();
}

void Store::flush(const KeyRange& range, Done<Nothing> done) {
  const CareCall call{CareCall::Kind::flush, range, nullptr};
  if (!state_->door->tell_router(atom::care_v, call, done)) done(Door::closed());
}

Status Store::compact(const KeyRange& range) {
  return state_->wait_for<Nothing>([&](auto done) { compact(range, std::move(done)); }).status();
}

RangeMergeHandle Store::compact(const KeyRange& range, Done<Nothing> done) {
  auto merge = std::make_shared<RangeMerge>(state_->core->merge_id.fetch_add(1, std::memory_order_relaxed),
                                            range, [door = std::weak_ptr<Door>(state_->door)] {
                                              if (const auto open = door.lock())
                                                (void)open->tell_router(atom::cancel_v);
                                            });
  const CareCall call{CareCall::Kind::compact, range, merge};
  if (!state_->door->tell_router(atom::care_v, call, done)) done(Door::closed());
  return merge;
}

void Store::cancel_merge(uint64_t id, Done<Nothing> done) {
  if (!state_->door->tell_router(atom::cancel_v, id, done)) done(Door::closed());
}

Status Store::set_merging(engine::Merging merging) {
  return state_->wait_for<Nothing>([&](auto done) { set_merging(merging, std::move(done)); }).status();
}

void Store::set_merging(engine::Merging merging, Done<Nothing> done) {
  if (!state_->door->tell_router(atom::merging_v, merging, done)) done(Door::closed());
}

engine::Merging Store::merging() const { return state_->core->merging.load(std::memory_order_relaxed); }

Result<engine::VerifyReport> Store::verify(const KeyRange& range) {
  return verify_range(*state_->core, range);
}

void Store::verify(const KeyRange& range, Done<engine::VerifyReport> done) {
  if (state_->closed) return done(Door::closed());
  auto run = [core = state_->core, range, done] { done(verify_range(*core, range)); };
  caf::anon_send(state_->verifier, atom::run_v, Task{run, [done](Error error) { done(std::move(error)); }});
}

Result<Ingested> Store::ingest(std::vector<std::string> files) {
  return state_->wait_for<Ingested>([&](auto done) { ingest(std::move(files), std::move(done)); });
}

void Store::ingest(std::vector<std::string> files, Done<Ingested> done) {
  if (state_->closed) return done(Door::closed());
  auto run = [core = state_->core, door = state_->door, files = std::move(files), done] {
    Result<StagedFilesPtr> staged = stage_files(*core, files);
    if (!staged.ok()) return done(std::move(staged).error());
    if (!door->tell_router(atom::ingest_v, *std::move(staged), done)) done(Door::closed());
  };
  caf::anon_send(state_->verifier, atom::run_v, Task{run, [done](Error error) { done(std::move(error)); }});
}

Result<SplitShards> Store::split(ByteView key) {
  return state_->wait_for<SplitShards>([&](auto done) { split(key, std::move(done)); });
}

void Store::split(ByteView key, Done<SplitShards> done) {
  if (!state_->door->tell_router(atom::split_v, Bytes(key), done)) done(Door::closed());
}

Result<Timestamp> Store::checkpoint(const std::string& directory) {
  return state_->wait_for<Timestamp>([&](auto done) { checkpoint(directory, std::move(done)); });
}

void Store::checkpoint(const std::string& directory, Done<Timestamp> done) {
  if (!state_->door->tell_router(atom::checkpoint_v, directory, done)) done(Door::closed());
}

Result<std::string> Store::checkpoint_path(const std::string& name) const {
  return actors::checkpoint_path(state_->core->options.directory, name);
}

Result<StoreStats> Store::stats() {
  return state_->wait_for<StoreStats>([&](auto done) { stats(std::move(done)); });
}

void Store::stats(Done<StoreStats> done) {
  const Done<std::vector<ShardStats>> counted = [core = state_->core, door = state_->door,
                                                 done](Result<std::vector<ShardStats>> shards) {
    if (!shards.ok()) return done(std::move(shards).error());
    StoreStats stats = stats_of(*core, std::move(*shards));
    const Done<std::vector<RangeMergeHandle>> listed =
        [stats = std::move(stats), done](Result<std::vector<RangeMergeHandle>> merges) mutable {
          if (merges.ok()) stats.merges = std::move(*merges);
          done(std::move(stats));
        };
    if (!door->tell_router(atom::stats_v, listed)) done(Door::closed());
  };
  if (!state_->door->tell_router(atom::stats_v, counted)) done(Door::closed());
}

EventPage Store::events(uint64_t since, size_t limit) const {
  return state_->core->events.read(since, limit);
}

}  // namespace coppice::actors
