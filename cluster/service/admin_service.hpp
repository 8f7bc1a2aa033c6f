// Care of a store over the wire.
#pragma once

#include <schema/store.capnp.h>

#include "cluster/service/session_state.hpp"

namespace coppice::cluster {

/// A client that vanishes ends its wait, not the work: a flush or merge under way goes on.
class AdminService final : public schema::Admin::Server {
public:
  explicit AdminService(kj::Own<SessionState> session) : session_(kj::mv(session)) {}

protected:
  kj::Promise<void> stats(StatsContext context) override;
  kj::Promise<void> flush(FlushContext context) override;
  kj::Promise<void> compact(CompactContext context) override;
  kj::Promise<void> verify(VerifyContext context) override;
  kj::Promise<void> split(SplitContext context) override;

private:
  kj::Own<SessionState> session_;
};

}  // namespace coppice::cluster
