#include "cluster/service/store_service.hpp"

#include "cluster/service/admin_service.hpp"
#include "cluster/service/guard.hpp"
#include "cluster/service/requests.hpp"
#include "cluster/wire/convert.hpp"

namespace coppice::cluster {

kj::Promise<void> StoreService::put(PutContext context) {
  return guard_request([&]() { return commit(context, read_put(context.getParams().getEntry())); });
}

kj::Promise<void> StoreService::putFor(PutForContext context) {
  return guard_request(
      [&]() { return commit(context, read_put_for(expiry_after(), context.getParams().getEntry())); });
}

kj::Promise<void> StoreService::delete_(DeleteContext context) {
  return guard_request([&]() { return commit(context, read_delete(context.getParams().getKey())); });
}

kj::Promise<void> StoreService::deleteRange(DeleteRangeContext context) {
  return guard_request([&]() { return commit(context, read_delete_range(context.getParams().getRange())); });
}

kj::Promise<void> StoreService::write(WriteContext context) {
  return guard_request([&]() {
    return commit(context, read_operations(expiry_after(), context.getParams().getOperations()));
  });
}

template <class Context>
kj::Promise<void> StoreService::commit(Context context, Result<engine::Batch> batch) {
  if (!batch.ok()) return wire::to_exception(batch.error());
  const auto durability = wire::read_durability(context.getParams().getDurability());
  if (!durability.ok()) return wire::to_exception(durability.error());
  // The batch has its own copy, and the message may be large.
  context.releaseParams();
  return session().call<Timestamp>(
      context, [&](auto done) { store().write(*std::move(batch), *durability, std::move(done)); },
      [context](Result<Timestamp> commit) mutable -> kj::Promise<void> {
        if (!commit.ok()) return wire::to_exception(commit.error());
        context.getResults(capnp::MessageSize{4, 0}).setTimestamp(commit->raw);
        return kj::READY_NOW;
      });
}

kj::Promise<void> StoreService::writeIf(WriteIfContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto params = context.getParams();
    auto conditions = read_conditions(params.getConditions());
    if (!conditions.ok()) return wire::to_exception(conditions.error());
    auto batch = read_operations(expiry_after(), params.getOperations());
    if (!batch.ok()) return wire::to_exception(batch.error());
    const auto durability = wire::read_durability(params.getDurability());
    if (!durability.ok()) return wire::to_exception(durability.error());
    context.releaseParams();
    return session().call<actors::WriteOutcome>(
        context,
        [&](auto done) {
          store().write_if(*std::move(conditions), *std::move(batch), *durability, std::move(done));
        },
        [context](Result<actors::WriteOutcome> outcome) mutable -> kj::Promise<void> {
          if (!outcome.ok()) return wire::to_exception(outcome.error());
          auto results = context.getResults(capnp::MessageSize{8, 0});
          results.setWritten(outcome->commit.has_value());
          results.setTimestamp(outcome->commit.value_or(kTimestampMin).raw);
          results.setFailed(static_cast<uint32_t>(outcome->failed));
          results.setVersion(outcome->version.raw);
          return kj::READY_NOW;
        });
  });
}

template <class Context, class Take>
kj::Promise<void> StoreService::take_snapshot(Context context, Take take) {
  if (session().snapshots >= kSnapshotsMax)
    return wire::to_exception({Errc::unavailable, "this connection holds " + std::to_string(kSnapshotsMax) +
                                                      " snapshots: drop some before taking more"});
  return session().call<actors::SnapshotHandle>(
      context, take,
      [context,
       session = kj::addRef(session())](Result<actors::SnapshotHandle> taken) mutable -> kj::Promise<void> {
        if (!taken.ok()) return wire::to_exception(taken.error());
        context.getResults(capnp::MessageSize{4, 1})
            .setSnapshot(kj::heap<SnapshotService>(kj::mv(session), *std::move(taken)));
        return kj::READY_NOW;
      });
}

kj::Promise<void> StoreService::snapshot(SnapshotContext context) {
  return take_snapshot(context, [&](auto done) { store().snapshot(std::move(done)); });
}

kj::Promise<void> StoreService::snapshotAt(SnapshotAtContext context) {
  return guard_request([&]() {
    const Timestamp moment{context.getParams().getTimestamp()};
    return take_snapshot(context, [&](auto done) { store().snapshot_at(moment, std::move(done)); });
  });
}

kj::Promise<void> StoreService::admin(AdminContext context) {
  context.getResults(capnp::MessageSize{4, 1}).setAdmin(kj::heap<AdminService>(kj::addRef(session())));
  return kj::READY_NOW;
}

}  // namespace coppice::cluster
