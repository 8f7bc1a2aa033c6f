// Which shard owns which keys: a frozen value that every thread reads without a message.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "actors/shard_port.hpp"
#include "engine/base/gen_ref.hpp"

namespace coppice::actors {

struct Route {
  uint64_t shard = 0;
  KeyRange range;
  /// Nothing while the shard does not serve; then `problem` says why.
  std::shared_ptr<ShardPort> port;
  Error problem{Errc::unavailable, ""};
};

/// Every key belongs to exactly one route.
class RoutingTable {
public:
  /// Requires: routes in key order without gaps, from the empty key to the last.
  explicit RoutingTable(std::vector<Route> routes);

  const Route& find(ByteView key) const;
  /// In key order; empty if `range` is.
  std::span<const Route> find_overlapping(const KeyRange& range) const;
  /// The one route that holds all of the batch, or nullptr: there are several.
  /// Requires: the batch is not empty.
  const Route* find_only(const engine::Batch& batch) const;
  std::span<const Route> routes() const { return routes_; }

private:
  size_t index_of(ByteView key) const;

  std::vector<Route> routes_;
};

/// Empty once the store is closed.
using RoutingSlot = engine::Published<RoutingTable>;

/// One shard's share of a batch: point operations by key, range deletes cut to the shard's range.
struct BatchPart {
  uint64_t shard = 0;
  engine::Batch batch;
};
/// In key order of the shards; operations keep their order. invalid_argument: range deletes, cut at long
/// keys, would make a part larger than a batch may be, or all parts too large for a record.
Result<std::vector<BatchPart>> cut_batch(const RoutingTable& table, const engine::Batch& batch);

/// Every key that the batch touches is in `range`.
bool holds(const KeyRange& range, const engine::Batch& batch);
/// And every key of its conditions.
bool holds(const KeyRange& range, const WriteRequest& request);

/// The keys an operation touches.
KeyRange range_of(const engine::Operation& operation);

}  // namespace coppice::actors
