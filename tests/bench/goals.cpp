#include "tests/bench/goals.hpp"

namespace coppice::bench {
namespace {

using Against = Goal::Against;
using Cache = Goal::Cache;

constexpr double kStallMax = 100e6;  // nanoseconds

std::vector<Goal> all_goals() {
  std::vector<Goal> all;
  for (const char* name : {"fillseq", "fillrandom", "fillbatch", "overwrite", "deleterandom"}) {
    all.push_back({.workload = name, .bound = 1.5});
  }
  all.push_back({.workload = "fillsync", .threads = 1, .bound = 1.5});
  all.push_back({.workload = "fillsync", .threads = 4, .bound = 2});

  for (const char* name : {"readrandom", "readmissing", "readzipfian"}) {
    all.push_back({.workload = name, .cache = Cache::large, .bound = 2});
    all.push_back({.workload = name, .cache = Cache::large, .against = Against::lmdb, .bound = 0.8});
    all.push_back({.workload = name, .cache = Cache::small, .bound = 1.5});
    // Linear, but for what two threads on two cores lose to everything else that runs there.
    all.push_back({.workload = name,
                   .threads = 2,
                   .cache = Cache::large,
                   .against = Against::one_thread,
                   .bound = 1.8});
  }

  for (const char* name : {"seekrandom", "seekrandom back", "readseq", "readreverse"}) {
    all.push_back({.workload = name, .bound = 2});
  }
  for (const char* name : {"tombstones", "queue"}) {
    all.push_back({.workload = name, .against = Against::all_peers, .bound = 1});
    all.push_back({.workload = name, .metric = "max", .against = Against::nothing, .bound = kStallMax});
  }

  for (const char* name : {"ycsb A", "ycsb B", "ycsb C", "ycsb D", "ycsb E", "ycsb F"}) {
    all.push_back({.workload = name, .bound = 1});
  }

  all.push_back(
      {.workload = "overwrite", .metric = "write_amplification", .against = Against::rocksdb, .bound = 1});
  all.push_back(
      {.workload = "open", .metric = "space_amplification", .against = Against::nothing, .bound = 1.15});
  all.push_back(
      {.workload = "overwrite", .metric = "space_amplification", .against = Against::nothing, .bound = 1.3});
  all.push_back({.workload = "memory", .metric = "memory", .against = Against::nothing, .bound = 1.1});
  all.push_back({.workload = "overwrite", .metric = "p99.9", .bound = 1});
  all.push_back({.workload = "overwrite", .metric = "max", .against = Against::nothing, .bound = kStallMax});

  all.push_back({.workload = "open", .metric = "seconds", .against = Against::nothing, .bound = 0.1});
  all.push_back({.workload = "recover", .metric = "seconds", .against = Against::nothing, .bound = 0.5});
  all.push_back({.workload = "memtable", .threads = 2, .against = Against::one_thread, .bound = 1.8});
  return all;
}

}  // namespace

const std::vector<Goal>& goals() {
  static const std::vector<Goal> all = all_goals();
  return all;
}

}  // namespace coppice::bench
