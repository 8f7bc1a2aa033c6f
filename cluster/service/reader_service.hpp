// The calls that read, of a store as it is now or of a snapshot.
#pragma once

#include <schema/store.capnp.h>

#include "cluster/service/session_state.hpp"

namespace coppice::cluster {

/// Threads: the connection's event loop, as every service.
class ReaderService : public virtual schema::Reader::Server {
public:
  /// Nothing for `snapshot`: the store as it is now.
  ReaderService(kj::Own<SessionState> session, actors::SnapshotHandle snapshot)
      : session_(kj::mv(session)), snapshot_(std::move(snapshot)) {}

protected:
  kj::Promise<void> get(GetContext context) override;
  kj::Promise<void> getMany(GetManyContext context) override;
  kj::Promise<void> scan(ScanContext context) override;

  SessionState& session() { return *session_; }
  actors::Store& store() { return session_->store(); }
  const actors::SnapshotHandle& snapshot_handle() const { return snapshot_; }

private:
  kj::Own<SessionState> session_;
  const actors::SnapshotHandle snapshot_;
};

/// A snapshot that a client holds; the store lets go of it with this.
class SnapshotService final : public schema::Snapshot::Server, public ReaderService {
public:
  SnapshotService(kj::Own<SessionState> session, actors::SnapshotHandle snapshot);
  ~SnapshotService() noexcept(false);

protected:
  kj::Promise<void> timestamp(TimestampContext context) override;
};

}  // namespace coppice::cluster
