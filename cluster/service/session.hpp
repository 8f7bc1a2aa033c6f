// One connection at the node: socket, message stream, RPC system, and the capability it begins with.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <capnp/rpc.h>

#include "cluster/service/session_state.hpp"
#include "cluster/wire/message_stream.hpp"

namespace coppice::cluster {

/// Dropping it closes the connection, drops the answers it waits for and releases its scans and snapshots.
/// Threads: its event loop.
class Session {
public:
  /// Lifetime: `node` and `timer` outlive it.
  Session(kj::Own<kj::AsyncIoStream> socket, NodeState& node, std::shared_ptr<Inbox> inbox,
          const wire::InputLimits& limits);
  KJ_DISALLOW_COPY(Session);
  ~Session() noexcept(false);

  /// When the connection has ended, for whichever reason. Requires: called once.
  kj::Promise<void> run() { return network_.onDisconnect(); }

  /// Refuses new calls, and ends the connection when those under way are answered.
  void stop();

private:
  kj::Own<kj::AsyncIoStream> socket_;
  wire::MessageStream stream_;
  kj::Own<SessionState> state_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
  kj::Promise<void> stopping_ = nullptr;
};

/// Tells a client, in the words of the RPC protocol, why it is not served, and closes. For a connection that
/// no session has. Done when the client has closed too, or after a second.
kj::Promise<void> refuse(kj::Own<kj::AsyncIoStream> socket, kj::Timer& timer, const Error& reason);

}  // namespace coppice::cluster
