// What all threads of a run share: where the node is, how far the clients have come, and when to end.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "tests/torture/report.hpp"

namespace coppice::torture {

/// What is waited for: only these, never a time.
enum class Count : uint8_t {
  calls,         // ended, however
  acknowledged,  // writes
  everywhere,    // writes over all shards, acknowledged
  timeouts,      // calls that got no answer in time
  no_room,       // writes refused because a disk is full
};

/// Threads: any.
class Stage {
public:
  explicit Stage(Report& report) : report_(report) {}

  Report& report() { return report_; }

  struct Node {
    std::string address;
    /// The n-th process; those before have ended.
    uint64_t generation = 0;
    /// The last one before which one was killed: what was written with durability `memory` before may be gone.
    uint64_t lossy = 0;
    /// As it came up: see disturbances().
    uint64_t disturbances = 0;
  };
  /// `kept_all`: the one before stopped cleanly.
  void node_is_up(const std::string& address, bool kept_all);
  void node_is_down();
  /// The latest, up or not.
  Node node() const;
  /// Blocks: until there is one. Nothing: the run has ended.
  std::optional<Node> wait_for_node();

  /// Something is done to the node or its directory now, so that shards may fail and be opened anew.
  void begin_disturbance();
  void end_disturbance();
  /// Another number each time one began or ended; odd: one is under way.
  uint64_t disturbances() const;

  void note(Count count);
  uint64_t counted(Count count) const;
  /// Blocks: until `count` is `more` higher than now, the run has ended, `watch` (asked ten times a second) says false, or
  /// `patience` is over. True: it is.
  bool wait_for(Count count, uint64_t more, std::chrono::seconds patience,
                const std::function<bool()>& watch);

  /// As a node asked for: before a refused request is sent again. Cut short by the end of the run.
  void pause(std::chrono::milliseconds time);

  void end();
  bool ended() const;

private:
  Report& report_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Node node_;
  bool is_up_ = false;
  bool ended_ = false;
  uint64_t disturbances_ = 0;
  std::array<uint64_t, 5> counts_{};
};

}  // namespace coppice::torture
