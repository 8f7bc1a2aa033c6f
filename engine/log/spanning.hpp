// The payload of a log record for a batch over several shards.
#pragma once

#include <span>
#include <vector>

#include "engine/log/batch.hpp"

namespace coppice::engine {

/// One shard's share of a batch over several shards. Lifetime: the bytes are the giver's.
struct SpanningPart {
  uint64_t shard = 0;
  /// Batch::bytes().
  ByteView batch;
};

/// A batch over several shards that was found in the log when the tree was opened.
struct RecoveredSpanning {
  struct Part {
    uint64_t shard = 0;
    Batch batch;
  };
  Timestamp commit;
  std::vector<Part> parts;
};

/// Requires: one of `parts` holds the same bytes as `own`; it is the writing tree's part.
Bytes encode_spanning(ByteView own, std::span<const SpanningPart> parts);

/// At least what the log's record of a batch over several shards takes. `size`: of all parts, in bytes.
size_t spanning_record_size_max(size_t part_count, size_t size);

struct DecodedSpanning {
  /// Which of the parts is the writing tree's.
  size_t own = 0;
  std::vector<RecoveredSpanning::Part> parts;
};
/// corruption unless every byte has a meaning and every part is a valid batch.
Result<DecodedSpanning> decode_spanning(ByteView payload);

}  // namespace coppice::engine
