// The workloads, named and defined as db_bench does: 16-byte keys of decimal digits, half-compressible
// values.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/engine.hpp"

namespace coppice::bench {

struct Scale {
  uint64_t entries = 1'000'000;
  uint64_t reads = 1'000'000;
  uint64_t seeks = 50'000;
  uint64_t syncs = 5'000;
  size_t value_size = 100;
};

/// What one workload did: operations, or entries for scans and batches.
struct Measure {
  uint64_t count = 0;
  double seconds = 0;

  double per_second() const { return static_cast<double>(count) / seconds; }
};

struct Workload {
  std::string name;
  /// Starts from an empty database; otherwise from what the workload before it left.
  bool fresh = false;
  Measure (*run)(Engine& engine, const Scale& scale);
};

/// In the order in which they run.
const std::vector<Workload>& workloads();

}  // namespace coppice::bench
