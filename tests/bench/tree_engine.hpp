// How a tree that is measured is set up.
#pragma once

#include "engine/options.hpp"
#include "engine/table/block_cache.hpp"
#include "tests/bench/engine.hpp"

namespace coppice::bench {

/// How one is added to a number.
enum class Counting : uint8_t {
  get_and_put,
  /// By a put with a condition, as a shard decides it: the key's version is what was read.
  compare_and_set,
  /// By an operator, unread.
  merge,
};

struct TreeSetup {
  engine::TreeOptions options = {};
  engine::MemoryBudget memory = {};
  engine::KeyRing keys = {};
  /// What is put expires after so many milliseconds; 0: never.
  uint64_t ttl_ms = 0;
  /// Timed, as a store times it.
  bool is_watched = true;
  /// The tables of the last level lie in a directory of their own, on the same disk.
  bool has_cold_directory = false;
  Counting counting = Counting::get_and_put;
};

/// Of a tree that stands beside its peers.
TreeSetup setup_of(const Settings& settings);

std::unique_ptr<Engine> open_tree_as(const std::string& directory, const TreeSetup& setup);

}  // namespace coppice::bench
