#include "engine/apply_group.hpp"

#include "engine/apply.hpp"

namespace coppice::engine {

void apply_group(std::span<const GroupWrite> group, Memtable& active, ReadState& readers,
                 Timestamp& last_commit) {
  if (group.empty()) return;
  Applier applier(active);
  for (const GroupWrite& write : group) {
    COPPICE_CHECK(write.commit > last_commit);
    last_commit = write.commit;
    applier.apply(*write.batch, write.commit);
  }
  applier.finish();
  const Timestamp visible{readers.visible.load(std::memory_order_relaxed)};
  if (readers.dead_ranges.in_use())
    for (const GroupWrite& write : group) revive(readers.dead_ranges, *write.batch, write.commit, visible);
  advance(readers, last_commit);
}

void advance(ReadState& readers, Timestamp moment) {
  if (moment.raw > readers.visible.load(std::memory_order_relaxed))
    readers.visible.store(moment.raw, std::memory_order_release);
}

}  // namespace coppice::engine
