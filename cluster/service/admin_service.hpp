// Care of a store over the wire.
#pragma once

#include <schema/store.capnp.h>

#include "cluster/service/session_state.hpp"

namespace coppice::cluster {

/// A client that vanishes ends its wait, not the work; but for a merge of a range, which goes with the call for it.
class AdminService final : public schema::Admin::Server {
public:
  explicit AdminService(kj::Own<SessionState> session) : session_(kj::mv(session)) {}

protected:
  kj::Promise<void> stats(StatsContext context) override;
  kj::Promise<void> flush(FlushContext context) override;
  kj::Promise<void> compact(CompactContext context) override;
  kj::Promise<void> setMerging(SetMergingContext context) override;
  kj::Promise<void> cancelMerge(CancelMergeContext context) override;
  kj::Promise<void> verify(VerifyContext context) override;
  kj::Promise<void> split(SplitContext context) override;
  kj::Promise<void> events(EventsContext context) override;
  kj::Promise<void> checkpoint(CheckpointContext context) override;
  kj::Promise<void> ingest(IngestContext context) override;

private:
  kj::Own<SessionState> session_;
};

}  // namespace coppice::cluster
