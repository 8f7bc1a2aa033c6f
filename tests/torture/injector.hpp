// What is done to the node and the ground that it stands on, in an order drawn from the seed.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "tests/torture/node.hpp"
#include "tests/torture/stage.hpp"
#include "tests/torture/stalled_client.hpp"
#include "tests/torture/stream.hpp"

namespace coppice::torture {

/// Between two injections, and while one lasts, so many things happen at most: it waits for nothing else.
struct Pace {
  uint64_t writes;
  uint64_t calls;
};

class Injector {
public:
  Injector(Stage& stage, Place& place, Node& node, const Settings& settings, const Pace& pace, uint64_t seed);

  /// `count` injections, each kind as often as any other. The node serves before it and, unless the run has failed, after it.
  void run(size_t count);
  /// Ends the connections of stalled clients.
  void release_stalled() { stalled_.clear(); }
  /// Starts the node; false, and a violation: it does not come up.
  bool start(bool kept_all);
  /// Of --memory, of what the process takes when it serves an empty store, and of what is allowed beside that.
  void check_memory();

private:
  enum class Kind : uint8_t;
  void inject(Kind kind);

  void kill();
  void kill_recoveries();
  void stop();
  void freeze(bool then_kill);
  void fill_disk(bool then_kill);
  void limit_files(bool then_kill);
  void vanish(bool then_kill);
  void stall_clients();

  /// What comes to pass under a disturbance; then it ends, and the node with it or not.
  void let_it_last();
  /// All shards serve again: batches over all of them are acknowledged.
  void expect_service(const char* after);
  bool watch();
  void count(const char* what) { stage_.report().count(Report::Part::injected, what); }

  Stage& stage_;
  Place& place_;
  Node& node_;
  const Settings& settings_;
  const Pace pace_;
  Stream draw_;
  std::deque<std::unique_ptr<StalledClient>> stalled_;
  uint64_t memory_at_start_ = 0;
};

}  // namespace coppice::torture
