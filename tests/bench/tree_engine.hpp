// How a tree that is measured is set up.
#pragma once

#include "engine/options.hpp"
#include "engine/table/block_cache.hpp"
#include "tests/bench/engine.hpp"

namespace coppice::bench {

struct TreeSetup {
  engine::TreeOptions options = {};
  engine::MemoryBudget memory = {};
  engine::KeyRing keys = {};
  /// What is put expires after so many milliseconds; 0: never.
  uint64_t ttl_ms = 0;
  /// Timed, as a store times it.
  bool is_watched = true;
};

/// Of a tree that stands beside its peers.
TreeSetup setup_of(const Settings& settings);

std::unique_ptr<Engine> open_tree_as(const std::string& directory, const TreeSetup& setup);

}  // namespace coppice::bench
