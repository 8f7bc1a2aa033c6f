// Counters of what a shard has done since it was opened.
#pragma once

#include <cstdint>

namespace coppice::actors {

struct ShardMetrics {
  uint64_t writes = 0;   // operations committed
  uint64_t groups = 0;   // log appends they took
  uint64_t syncs = 0;    // waits for the disk
  uint64_t refused = 0;  // operations answered unavailable after a stall
};

}  // namespace coppice::actors
