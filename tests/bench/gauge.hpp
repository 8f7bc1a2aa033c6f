// Watches from a thread of its own what a database takes while a workload runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/bench/workloads.hpp"

namespace coppice::bench {

/// Bytes on the disk of the files in a directory, by blocks, as du counts. Logs are those named "*.log".
struct Space {
  uint64_t all = 0;
  uint64_t logs = 0;

  uint64_t tables() const { return all - logs; }
};
Space space_of(const std::filesystem::path& directory);
/// As ratios to the bytes of all entries: with the logs, and without.
void note_space(Stand& stand, const Space& space);

/// Memory of this process that is no file's, bytes.
uint64_t anonymous_memory();

class Gauge {
public:
  explicit Gauge(Stand& stand);
  ~Gauge();

  // Each ends the watch.

  /// The mean of what was seen.
  void note_space();
  /// The peak of this process to what the settings allow: the cache and two write buffers.
  void note_memory();

private:
  void watch();
  void stop();

  Stand& stand_;
  std::vector<Space> spaces_;
  uint64_t memory_ = 0;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace coppice::bench
