#include "actors/snapshot_registry.hpp"

namespace coppice::actors {

void SnapshotRegistry::add(Timestamp moment, const KeyRange& range) {
  const bool added = held_.emplace(moment, range).second;
  COPPICE_CHECK(added);
}

void SnapshotRegistry::remove(Timestamp moment) {
  const size_t removed = held_.erase(moment);
  COPPICE_CHECK(removed == 1);
}

std::vector<Timestamp> SnapshotRegistry::held_in(const KeyRange& range) const {
  std::vector<Timestamp> moments;
  for (const auto& [moment, of] : held_)
    if (of.overlaps(range)) moments.push_back(moment);
  return moments;
}

}  // namespace coppice::actors
