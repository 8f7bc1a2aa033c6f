// Batches over several shards that commit together.
#pragma once

#include <vector>

#include "actors/routing_table.hpp"
#include "engine/tree.hpp"

namespace coppice::actors {

/// Frozen once its commits are set; shared by the router and every participant.
struct SpanningGroup {
  struct Write {
    Timestamp commit;
    std::vector<BatchPart> parts;
    /// The same parts as the log takes them. Views into `parts`.
    std::vector<engine::SpanningPart> logged;
  };
  std::vector<Write> writes;

  /// What one participant logs and applies. Lifetime: the group's.
  std::vector<engine::GroupWrite> writes_of(uint64_t shard) const {
    std::vector<engine::GroupWrite> own;
    for (const Write& write : writes)
      for (const BatchPart& part : write.parts)
        if (part.shard == shard) own.push_back({&part.batch, write.commit, write.logged});
    return own;
  }
};

}  // namespace coppice::actors
