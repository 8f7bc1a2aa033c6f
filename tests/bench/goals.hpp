// What the tree is to reach, as data.
#pragma once

#include <string>
#include <vector>

namespace coppice::bench {

struct Goal {
  /// What the tree's figure is divided by.
  enum class Against : uint8_t {
    nothing,
    peers,  // The better of RocksDB and LevelDB.
    rocksdb,
    lmdb,
    all_peers,   // The best of the three.
    one_thread,  // The tree's own with one thread.
  };
  enum class Cache : uint8_t { any, large, small };

  std::string workload;
  /// 0: each.
  unsigned threads = 0;
  Cache cache = Cache::any;
  std::string metric = "rate";
  Against against = Against::peers;
  /// Rates reach it, everything else stays within it.
  double bound = 1;
};

const std::vector<Goal>& goals();

/// Of a rate more is better, of everything else less.
inline bool more_is_better(const std::string& metric) { return metric == "rate"; }

}  // namespace coppice::bench
