// Options for kinds of work, each a few values away from the defaults.
#pragma once

#include "engine/options.hpp"

namespace coppice::engine {

enum class Preset : uint8_t {
  /// The defaults.
  balanced,
  /// Writes come faster than a disk merges: fewer bytes are written for each, reads meet more tables, and overwriting may
  /// take as much space again.
  write_heavy,
  /// Reads are most of the work: they meet fewer tables, and absent keys none; merging writes more for it.
  read_heavy,
  /// Memory is short: tens of megabytes for a shard instead of hundreds; small memtables are merged more often.
  memory_constrained,
};

/// A setting that is made beside it wins: change what comes of it.
TreeOptions options_of(Preset preset);

}  // namespace coppice::engine
