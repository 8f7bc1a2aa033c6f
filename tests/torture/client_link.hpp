// One thread's connection to the node, made anew whenever it breaks, at times over a wire that fails.
#pragma once

#include <memory>
#include <optional>

#include "cluster/client/client.hpp"
#include "tests/torture/refusals.hpp"
#include "tests/torture/relay.hpp"
#include "tests/torture/stage.hpp"
#include "tests/torture/stream.hpp"

namespace coppice::torture {

/// Threads: the one that made it.
class ClientLink {
public:
  struct Options {
    uint32_t call_timeout_ms = 20'000;
    uint32_t connect_timeout_ms = 5'000;
    /// One connection in so many has a wire that fails; 0: none.
    uint32_t bad_wire_one_in = 0;
  };

  ClientLink(Stage& stage, Stream& draw, const Options& options)
      : stage_(stage), draw_(draw), options_(options) {}

  /// Blocks: until there is a node. False: there is no connection, try again.
  bool connect();
  bool is_connected() const { return client_ != nullptr; }
  client::Client& client() { return *client_; }
  /// The node that it is, or was last, connected to.
  const Stage::Node& node() const { return node_; }
  void drop();

  /// Counts a refusal; one of no known kind is a violation. Drops a broken connection, and waits as it was told. True: a
  /// write so refused was not kept.
  bool refused(const Error& error);

private:
  Stage& stage_;
  Stream& draw_;
  const Options options_;
  Stage::Node node_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<client::Client> client_;
};

}  // namespace coppice::torture
