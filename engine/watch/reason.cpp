#include "engine/watch/reason.hpp"

#include <array>

namespace coppice::engine {

const char* name_of(StallReason reason) {
  constexpr std::array<const char*, kStallReasonCount> kNames{
      "none", "memtables", "level0_depth", "merging", "garbage", "full_disk", "held", "memory"};
  return kNames[static_cast<size_t>(reason)];
}

const char* name_of(MergeReason reason) {
  constexpr std::array<const char*, kMergeReasonCount> kNames{
      "none",          "level0_depth",   "level_size", "tiers",    "table_count", "flush",     "deletes",
      "hidden_tables", "expired_tables", "garbage",    "idleness", "request",     "other_key", "place"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace coppice::engine
