#include "engine/watch/event.hpp"

namespace coppice::engine {

const char* name_of(EventKind kind) {
  constexpr std::array<const char*, kEventKindCount> kNames{
      "recovered",    "memtable_sealed", "flush_begun", "flush_ended",    "merge_begun", "merge_ended",
      "tables_moved", "tables_dropped",  "stall_begun", "stall_ended",    "read_failed", "broken",
      "shard_down",   "shard_up",        "split",       "tables_ingested"};
  return kNames[static_cast<size_t>(kind)];
}

const char* reason_of(const Event& event) {
  if (event.reason != StallReason::none) return name_of(event.reason);
  return event.merge_reason == MergeReason::none ? "" : name_of(event.merge_reason);
}

bool is_trouble(const Event& event) {
  return event.kind == EventKind::stall_begun ||
         (!event.outcome.ok() && event.outcome.error().code != Errc::cancelled);
}

}  // namespace coppice::engine
