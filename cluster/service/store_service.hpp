// The bootstrap capability of a node: reads of now, writes, and the way to snapshots and care.
#pragma once

#include "cluster/service/reader_service.hpp"

namespace coppice::cluster {

class StoreService final : public schema::Store::Server, public ReaderService {
public:
  explicit StoreService(kj::Own<SessionState> session) : ReaderService(kj::mv(session), nullptr) {}

protected:
  kj::Promise<void> put(PutContext context) override;
  kj::Promise<void> delete_(DeleteContext context) override;
  kj::Promise<void> deleteRange(DeleteRangeContext context) override;
  kj::Promise<void> write(WriteContext context) override;
  kj::Promise<void> snapshot(SnapshotContext context) override;
  kj::Promise<void> admin(AdminContext context) override;
  kj::Promise<void> writeIf(WriteIfContext context) override;
  kj::Promise<void> putFor(PutForContext context) override;
  kj::Promise<void> snapshotAt(SnapshotAtContext context) override;

private:
  /// By the store's clock.
  auto expiry_after() {
    return [this](uint64_t ttl_ms) { return store().expiry_after(ttl_ms); };
  }
  template <class Context>
  kj::Promise<void> commit(Context context, Result<engine::Batch> batch);
  /// `take` gives a `done` to the store.
  template <class Context, class Take>
  kj::Promise<void> take_snapshot(Context context, Take take);
};

}  // namespace coppice::cluster
