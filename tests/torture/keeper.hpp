// The one who cares for the store while all else goes on: splits, flushes, merges, verifies, takes checkpoints.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/torture/worker.hpp"

namespace coppice::torture {

/// A checkpoint, and what it has to hold as it is of one moment between its call and its answer.
struct KeptMoment {
  std::string directory;
  int64_t added_at_least;
  int64_t added_at_most;
  struct Stamp {
    const Bed* bed;
    int64_t at_least;
    int64_t at_most;
  };
  std::vector<Stamp> stamps;
};

/// Threads: run() is one thread's, everything else nobody's until it returned.
class Keeper {
public:
  Keeper(Stage& stage, SharedNumbers& shared, std::vector<std::unique_ptr<Worker>>& workers, uint64_t seed);

  /// Blocks: until the stage ends.
  void run();

  /// The latest few; older ones were removed.
  const std::deque<KeptMoment>& kept() const { return kept_; }

private:
  void step();
  void split();
  void compact();
  void set_merging();
  void turn_merging_on();
  void verify();
  void checkpoint();
  void look_at_stats();
  /// Counts what became of a call.
  template <class Outcome>
  bool done(const char* what, const Outcome& outcome);
  const Bytes& any_key();

  Stage& stage_;
  SharedNumbers& shared_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  Stream draw_;
  ClientLink link_;
  std::deque<KeptMoment> kept_;
  uint64_t checkpoint_count_ = 0;
  size_t shard_count_ = 0;
  client::Merging merging_ = client::Merging::on;
};

}  // namespace coppice::torture
