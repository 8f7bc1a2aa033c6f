// Tells the program how far a merge is.
#pragma once

#include <schema/store.capnp.h>

#include "cluster/client/client.hpp"
#include "cluster/client/event_loop.hpp"

namespace coppice::client {

/// What the watcher, which the RPC system owns, shares with the call that waits for the merge.
struct WatchedMerge {
  /// Nothing once the merge has ended.
  const WatchMerge* watch = nullptr;
  /// The program has had enough.
  bool refused = false;
  kj::Own<kj::PromiseFulfiller<void>> enough;
};

/// The loop may hold it for longer than the client is there: a call that came in is finished whoever has gone. So it
/// has no share in the loop, which would then keep itself for ever.
class ClientMergeWatcher final : public schema::MergeWatcher::Server {
public:
  ClientMergeWatcher(EventLoop& loop, std::shared_ptr<WatchedMerge> merge)
      : loop_(loop), merge_(std::move(merge)) {}

protected:
  kj::Promise<void> progress(ProgressContext context) override;

private:
  EventLoop& loop_;
  const std::shared_ptr<WatchedMerge> merge_;
};

}  // namespace coppice::client
