// What all threads of one store share.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "actors/hybrid_clock.hpp"
#include "actors/platform.hpp"
#include "actors/routing_table.hpp"
#include "actors/store.hpp"
#include "engine/base/steady_stopwatch.hpp"
#include "engine/cursor/entry.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::actors {

/// Outlives every actor, cursor and handle of its store.
struct Core {
  Core(const StoreOptions& opened, engine::FileSystem& file_system)
      : options(opened),
        files(file_system),
        platform(opened.platform != nullptr ? *opened.platform : real_platform_),
        cache(opened.memory),
        clock([this] { return platform.wall_ms(); }),
        merging(opened.merging),
        events(clock, opened.on_event) {}

  const StoreOptions options;
  engine::FileSystem& files;
  Platform& platform;
  engine::BlockCache cache;
  HybridClock clock;
  RoutingSlot table;
  /// Written by the router.
  std::atomic<engine::Merging> merging;
  /// The next merge of a range gets it.
  std::atomic<uint64_t> merge_id{1};

  const engine::SteadyStopwatch stopwatch;
  engine::Latencies latencies;
  engine::SharedHistogram pages;
  engine::SharedHistogram writes;
  EventLog events;

  /// Where the retention time begins; nothing if no history is kept.
  std::optional<Timestamp> retained_from() const {
    if (options.tree.retention_ms == 0) return std::nullopt;
    const uint64_t now_ms = clock.milliseconds();
    return engine::first_of_millisecond(now_ms - std::min(now_ms, options.tree.retention_ms));
  }
  /// What the tree of a shard is watched with.
  engine::Watch watch(uint64_t shard) {
    return {.stopwatch = &stopwatch, .latencies = &latencies, .listener = &events, .id = shard};
  }

private:
  RealPlatform real_platform_;
};

}  // namespace coppice::actors
