// At the end of a run: everything in the store against the oracle, while it is served, when it is dead, and in its checkpoints.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/torture/injector.hpp"
#include "tests/torture/keeper.hpp"
#include "tests/torture/worker.hpp"

namespace coppice::torture {

/// Requires: all clients have ended, and the node serves.
class LastLook {
public:
  LastLook(Stage& stage, const Place& place, Node& node, Injector& injector, const Settings& settings,
           SharedNumbers& shared, std::vector<std::unique_ptr<Worker>>& workers)
      : stage_(stage),
        place_(place),
        node_(node),
        injector_(injector),
        settings_(settings),
        shared_(shared),
        workers_(workers) {}

  /// Kills or stops the node and looks at all of it. Ends with no node.
  void look(const std::deque<KeptMoment>& kept, Stream& draw);

private:
  bool settle();
  void stop();
  void verify_files(const std::string& directory, bool is_checkpoint);
  void compare_dump();
  void open_checkpoint(const KeptMoment& moment);
  std::unique_ptr<client::Client> connect();
  void check(const char* what, const std::optional<std::string>& problem);

  Stage& stage_;
  const Place& place_;
  Node& node_;
  Injector& injector_;
  const Settings& settings_;
  SharedNumbers& shared_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  /// The n-th process of the node, beyond all that a client has met.
  uint64_t generation_ = 0;
};

}  // namespace coppice::torture
