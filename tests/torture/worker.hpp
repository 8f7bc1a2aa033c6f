// A client that writes and reads all the time, and knows what every read may show.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/torture/client_link.hpp"
#include "tests/torture/loose_key.hpp"
#include "tests/torture/plot.hpp"
#include "tests/torture/settings.hpp"
#include "tests/torture/shared_numbers.hpp"

namespace coppice::torture {

/// A plot, and what others may know of it.
struct Bed {
  Bed(std::vector<Bytes> keys, std::vector<Bytes> stamp_keys)
      : plot(std::move(keys)), stamps(std::move(stamp_keys)) {}

  Plot plot;
  /// A key on every shard. A batch over all of them writes the same number to each, so at any one moment they are equal.
  const std::vector<Bytes> stamps;
  std::atomic<int64_t> stamp_at_least{0};
  std::atomic<int64_t> stamp_at_most{0};
  /// By the n-th process of the node all of it was read and judged.
  uint64_t judged_in = 0;
};

/// Threads: run() is one thread's. `stamp_at_...` of its beds are any thread's, everything else nobody's until run() returned.
class Worker {
public:
  Worker(Stage& stage, SharedNumbers& shared, const Settings& settings, uint64_t seed, int index);

  /// Blocks: until the stage ends.
  void run();

  std::vector<std::unique_ptr<Bed>>& beds() { return beds_; }
  std::vector<LooseKey>& loose_keys() { return loose_keys_; }

private:
  struct Held {
    client::SnapshotHandle handle;
    Span taken;
    Bed* bed;
    Cells cells;
  };

  void meet_node();
  void step();
  Stream& draw() { return draw_; }
  Report& report() { return stage_.report(); }
  client::Client& client() { return link_.client(); }
  uint64_t generation() const { return link_.node().generation; }
  Bed& any_bed() { return *draw_.one_of(beds_); }
  /// Nothing: all wait for the end of the node.
  Bed* settled_bed();
  void drop();
  /// True: nothing of a write was kept.
  bool refused(const Error& error);
  void done(const char* what);
  void check(const char* what, const std::optional<std::string>& problem, uint64_t times = 1);

  // worker_writes.cpp
  Bytes new_value(const Bytes& key);
  Change draw_change(Bed& bed);
  void stamp(Bed& bed, Change& change);
  Durability draw_durability() { return draw_.one_in(2) ? Durability::synced : Durability::buffered; }
  void write_one();
  void write_several();
  void write_if_unchanged();
  Result<Timestamp> send(const Change& change, Durability durability);
  void conclude(Bed& bed, const Result<Timestamp>& answer);
  void add_everywhere();
  void raise_by_one();
  void write_loosely();

  // worker_reads.cpp
  void read_bed(Bed& bed);
  void read_one();
  void scan_bed();
  void scan_group();
  void take_snapshot();
  void read_snapshot();
  void read_shared();
  bool read_loose(LooseKey& key, bool anew);

  Stage& stage_;
  SharedNumbers& shared_;
  const std::vector<Bytes> groups_;
  const int index_;
  Stream draw_;
  ClientLink link_;
  std::vector<std::unique_ptr<Bed>> beds_;
  std::vector<LooseKey> loose_keys_;
  /// Each is read before anything else is done with a new process of the node.
  uint64_t loose_judged_in_ = 0;
  /// The node as it was when it was met.
  Stage::Node met_;
  uint64_t value_count_ = 0;
  std::deque<Held> held_;
};

}  // namespace coppice::torture
