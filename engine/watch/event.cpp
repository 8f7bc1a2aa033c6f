#include "engine/watch/event.hpp"

namespace coppice::engine {

const char* name_of(StallReason reason) {
  constexpr std::array<const char*, kStallReasonCount> kNames{
      "none", "memtables", "level0_depth", "merging", "garbage", "full_disk", "held", "memory"};
  return kNames[static_cast<size_t>(reason)];
}

const char* name_of(EventKind kind) {
  constexpr std::array<const char*, kEventKindCount> kNames{
      "recovered",   "memtable_sealed", "flush_begun",    "flush_ended", "merge_begun",
      "merge_ended", "tables_moved",    "tables_dropped", "stall_begun", "stall_ended",
      "read_failed", "broken",          "shard_down",     "shard_up",    "split"};
  return kNames[static_cast<size_t>(kind)];
}

bool is_trouble(const Event& event) {
  return event.kind == EventKind::stall_begun ||
         (!event.outcome.ok() && event.outcome.error().code != Errc::cancelled);
}

}  // namespace coppice::engine
