// Batches over several shards that commit together.
#pragma once

#include <algorithm>
#include <vector>

#include "actors/routing_table.hpp"
#include "engine/storage.hpp"

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

  /// At least what the group takes in the log of one participant, in bytes. Needs no commits.
  size_t log_size_of(uint64_t shard) const {
    size_t sum = 0;
    for (const Write& write : writes) {
      size_t size = 0;
      for (const BatchPart& part : write.parts) size += part.batch.bytes().size();
      if (std::ranges::any_of(write.parts, [&](const BatchPart& part) { return part.shard == shard; }))
        sum += engine::spanning_record_size_max(write.parts.size(), size);
    }
    return sum;
  }
};

}  // namespace coppice::actors
