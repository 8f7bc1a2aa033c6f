// A connection to a node: socket, message stream, RPC system, and the capabilities that it begins with.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <capnp/rpc.h>
#include <schema/store.capnp.h>

#include "cluster/client/event_loop.hpp"
#include "cluster/wire/address.hpp"
#include "cluster/wire/message_stream.hpp"

namespace coppice::client {

/// Threads: its event loop's.
class Connection {
public:
  /// Blocks: until the node has answered, at most `time_max`.
  static Result<std::unique_ptr<Connection>> open(EventLoop& loop, const wire::Address& address,
                                                  kj::Duration time_max);

  explicit Connection(kj::Own<kj::AsyncIoStream> socket);
  KJ_DISALLOW_COPY(Connection);

  schema::Store::Client& store() { return store_; }
  schema::Admin::Client& admin() { return admin_; }

private:
  kj::Own<kj::AsyncIoStream> socket_;
  wire::MessageStream stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
  schema::Store::Client store_;
  schema::Admin::Client admin_;
};

}  // namespace coppice::client
