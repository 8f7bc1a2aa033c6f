// Reads every block of every table of a range.
#pragma once

#include "actors/core.hpp"

namespace coppice::actors {

/// A shard that does not serve is one of the report's problems. Blocks: on the disk, for long. Threads: any.
Result<engine::VerifyReport> verify_range(const Core& core, const KeyRange& range);

}  // namespace coppice::actors
