#include "actors/snapshot_registry.hpp"

namespace coppice::actors {

void SnapshotRegistry::add(Timestamp moment, const KeyRange& range) { held_.emplace(moment, range); }

void SnapshotRegistry::remove(Timestamp moment, const KeyRange& range) {
  auto [held, end] = held_.equal_range(moment);
  while (held != end && held->second != range) ++held;
  COPPICE_CHECK(held != end);
  held_.erase(held);
}

std::vector<Timestamp> SnapshotRegistry::held_in(const KeyRange& range) const {
  std::vector<Timestamp> moments;
  for (const auto& [moment, of] : held_)
    if (of.overlaps(range)) moments.push_back(moment);
  return moments;
}

}  // namespace coppice::actors
