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
  /// Requires: added so before, and not removed.
  void remove(Timestamp moment, const KeyRange& range);

  /// Somebody holds it, on some keys at least.
  bool holds(Timestamp moment) const { return held_.contains(moment); }

  /// The moments that a shard of `range` must keep readable, ascending; one that several hold comes as often.
  std::vector<Timestamp> held_in(const KeyRange& range) const;

private:
  std::multimap<Timestamp, KeyRange> held_;
};

}  // namespace coppice::actors
