// Load on a node, measured: closed loops of gets and puts over many connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "cluster/client/client.hpp"

namespace coppice::cluster {

struct BenchOptions {
  uint32_t connections = 1;
  /// Calls under way on each connection.
  uint32_t depth = 1;
  /// Threads of this process that drive the connections; at most one for each.
  uint32_t threads = 1;
  /// Of 100 operations, so many are gets and the others puts.
  uint32_t get_percent = 100;
  uint32_t value_size = 100;
  /// Keys are drawn from so many, all alike often.
  uint64_t keys = 100'000;
  uint32_t seconds = 5;
  uint64_t seed = 1;
  Durability durability = Durability::synced;
  Bytes prefix;
};

/// One kind of operation, over all connections.
struct BenchCounts {
  uint64_t failures = 0;
  /// Of each answered call, in no order: from its beginning to its answer, in microseconds.
  std::vector<uint32_t> latencies_us;

  uint64_t count() const { return latencies_us.size(); }
  /// Requires: count() > 0, 0 <= share <= 1. Sorts partly.
  uint32_t percentile_us(double share);
  void add(const BenchCounts& other);
};

struct BenchResult {
  BenchCounts gets;
  BenchCounts puts;
  double seconds = 0;
  /// Of the failures, the first.
  Status first_failure;
};

using Connect = std::function<Result<std::unique_ptr<client::Client>>(const client::ClientOptions&)>;

/// The key of this number: the prefix and twelve digits.
Bytes bench_key(const BenchOptions& options, uint64_t number);

/// Puts every key, in batches.
Status bench_fill(const BenchOptions& options, client::Client& client);

/// Runs for options.seconds. A connection that cannot be made, or breaks, is an error. Blocks: so long.
Result<BenchResult> bench_run(const BenchOptions& options, const Connect& connect);

}  // namespace coppice::cluster
