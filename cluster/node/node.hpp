// One node: serves a store to clients over the network.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/store.hpp"
#include "cluster/config.hpp"
#include "cluster/wire/address.hpp"

namespace coppice::cluster {

struct NodeOptions {
  wire::Address listen;
  uint32_t threads = 2;
  /// A further client is told that the node is full.
  uint32_t connections_max = 1024;
  /// How long stop() waits for calls under way.
  uint32_t stop_time_ms = 10000;
  /// How long a client may take for its first message, and for each to come whole; large ones have longer.
  uint32_t message_time_ms = 10000;
  /// Told what an operator should know, on any thread. Nothing: nobody is told.
  std::function<void(const std::string&)> warn;
};

/// Listens on one address and serves on several event-loop threads, each connection on the one that had the
/// fewest when it came. Nothing here waits for the store: its answers come back through a list per loop.
/// Threads: the owner's.
class Node {
public:
  /// Serves when it returns. in_use if another process has the address; invalid_argument or io_error if it
  /// cannot be listened on. Lifetime: `store` outlives the node.
  static Result<std::unique_ptr<Node>> start(actors::Store& store, const NodeOptions& options);
  /// Stops, if stop() was not called.
  ~Node();

  /// Where clients connect.
  const wire::Address& address() const;

  /// Accepts no more connections, refuses new calls, answers those under way, and closes.
  /// Blocks: at most options.stop_time_ms, and then cuts off what is left.
  void stop();

private:
  struct State;
  explicit Node(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

NodeOptions node_options(const Config& config);
actors::StoreOptions store_options(const Config& config);

}  // namespace coppice::cluster
