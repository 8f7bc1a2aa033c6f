// How a write finds its shard.
#pragma once

#include "actors/core.hpp"

namespace coppice::actors {

/// Pushes the request into the queue of the one shard that owns all its keys, by the routing table of the
/// moment; a shard that was split meanwhile closes its queue after the new table is published, and the
/// request follows it. Answers the request itself if it is refused. What belongs to several shards is
/// returned. Requires: the batch is not empty. Threads: any.
std::unique_ptr<WriteRequest> submit(Core& core, std::unique_ptr<WriteRequest> request);

}  // namespace coppice::actors
