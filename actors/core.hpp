// What all threads of one store share.
#pragma once

#include <atomic>
#include <memory>

#include "actors/hybrid_clock.hpp"
#include "actors/routing_table.hpp"
#include "actors/store.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::actors {

/// Outlives every actor, cursor and handle of its store.
struct Core {
  Core(const StoreOptions& opened, engine::FileSystem& file_system)
      : options(opened), files(file_system), cache(opened.memory), merging(opened.merging) {}

  const StoreOptions options;
  engine::FileSystem& files;
  engine::BlockCache cache;
  HybridClock clock;
  RoutingSlot table;
  /// Written by the router.
  std::atomic<engine::Merging> merging;
  /// The next merge of a range gets it.
  std::atomic<uint64_t> merge_id{1};
};

}  // namespace coppice::actors
