// The router's messages.
#include <caf/stateful_actor.hpp>

#include "actors/deliver.hpp"
#include "actors/exceptions.hpp"
#include "actors/reads.hpp"
#include "actors/router.hpp"
#include "actors/scan.hpp"

namespace coppice::actors {

RouterActor::behavior_type router(Router::Self self, const std::shared_ptr<Core>& core) {
  end_with_exceptions(*self);
  self->state.router = std::make_unique<Router>(self, core);
  Router* state = self->state.router.get();
  return {
      [state](atom::bind, const SupervisorActor& supervisor, const DoorPtr& door) {
        state->bind(supervisor, door);
      },
      [state](atom::serve, const OpenedShard& shard) { state->serve(shard); },
      [state](atom::failed, uint64_t id, const KeyRange& range, const Error& why) {
        state->withdraw(id, range, why);
      },
      [state](atom::failed, uint64_t id, const Error& why) { state->shard_failed(id, why); },
      [state](atom::ended, uint64_t id) { state->shard_ended(id); },

      [state](atom::write, const WriteRequestPtr& request) { state->write(std::move(*request)); },
      [state](atom::snapshot, const KeyRange& range, const Done<SnapshotHandle>& done) {
        state->snapshot(range, done);
      },
      [state](atom::snapshot, Timestamp moment, const Done<SnapshotHandle>& done) {
        state->snapshot_at(moment, done);
      },
      [state](atom::care, const CareCall& call, const Done<Nothing>& done) { state->care(call, done); },
      [state](atom::merging, engine::Merging merging, const Done<Nothing>& done) {
        state->set_merging(merging, done);
      },
      [state](atom::cancel, uint64_t id, const Done<Nothing>& done) { state->cancel_merge(id, done); },
      [state](atom::cancel) { state->look_for_cancelled(); },
      [state](atom::stats, const Done<std::vector<RangeMergeHandle>>& done) { state->merges(done); },
      [state](atom::ingest, const StagedFilesPtr& files, const Done<Ingested>& done) {
        state->ingest(files, done);
      },
      [state](atom::split, const Bytes& key, const Done<SplitShards>& done) { state->split(key, done); },
      [state](atom::checkpoint, const std::string& directory, const Done<Timestamp>& done) {
        state->checkpoint(directory, done);
      },
      [state](atom::stats, const Done<std::vector<ShardStats>>& done) { state->stats(done); },
      [state](atom::close, const Done<Nothing>& done) { state->close(done); },

      [self, state](atom::write, engine::Batch& batch, Durability durability) -> caf::result<Timestamp> {
        caf::response_promise reply;
        auto request = std::make_unique<WriteRequest>();
        request->batch = std::move(batch);
        request->durability = durability;
        request->done = deliver_anywhere<Timestamp>(self, reply);
        state->write(std::move(request));
        return reply;
      },
      [self, state](atom::get_many, std::vector<Bytes>& keys) -> caf::result<Values> {
        caf::response_promise reply;
        read_many(state->core(), state->door(), std::move(keys), nullptr,
                  deliver_anywhere<Values>(self, reply));
        return reply;
      },
      [self, state](atom::snapshot, const KeyRange& range) -> caf::result<SnapshotHandle> {
        caf::response_promise reply;
        state->snapshot(range, deliver_anywhere<SnapshotHandle>(self, reply));
        return reply;
      },
      [self, state](atom::scan, const ScanOptions& options) -> caf::result<ScanActor> {
        caf::typed_response_promise<ScanActor> reply = self->make_response_promise<ScanActor>();
        begin_scan(state->core(), state->door(), options,
                   [self, reply](Result<std::shared_ptr<Scan>> scan) mutable {
                     if (!scan.ok()) return void(reply.deliver(to_caf(scan.error())));
                     reply.deliver(self->spawn(scan_actor, *scan));
                   });
        return reply;
      },
      [state](atom::release, Timestamp moment, const KeyRange& range) { state->release(moment, range); },
  };
}

}  // namespace coppice::actors
