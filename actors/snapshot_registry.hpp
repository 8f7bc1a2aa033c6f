// Which moments readers still hold, on which keys.
#pragma once

#include <map>
#include <vector>

#include "schema/types.hpp"

namespace coppice::actors {

/// The router's memory of snapshots: a shard that restarts, or is born of a split, is told those it inherits.
class SnapshotRegistry {
public:
  void add(Timestamp moment, const KeyRange& range);
  /// Requires: added before, and not removed.
  void remove(Timestamp moment);

  /// The moments that a shard of `range` must keep readable, ascending.
  std::vector<Timestamp> held_in(const KeyRange& range) const;
  /// Requires: held.
  const KeyRange& range_of(Timestamp moment) const { return held_.at(moment); }

private:
  // Every snapshot takes a moment of its own from the clock.
  std::map<Timestamp, KeyRange> held_;
};

}  // namespace coppice::actors
