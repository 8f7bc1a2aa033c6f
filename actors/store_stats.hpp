// What a store says of itself.
#pragma once

#include <vector>

#include "actors/core.hpp"

namespace coppice::actors {

/// All but the merges under way, which the router knows.
StoreStats stats_of(const Core& core, std::vector<ShardStats> shards);

}  // namespace coppice::actors
