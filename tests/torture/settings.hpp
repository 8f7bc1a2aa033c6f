// What a node is told in one run: drawn from the seed, so that many runs see many kinds of stores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/types.hpp"
#include "tests/torture/place.hpp"

namespace coppice::torture {

struct Settings {
  /// First bytes of keys: every client has keys in each, and shards are cut between them.
  std::vector<Bytes> groups;
  /// Of `coppice serve`, but for --data.
  std::vector<std::string> flags;
  bool encrypted = false;
  bool cold = false;
  /// --memory.
  uint64_t memory = 0;

  /// One line.
  std::string text() const;
  /// --encryption-key and --cold-directory, as `coppice verify` and `serve` want them.
  std::vector<std::string> where(const Place& place) const;
};

Settings draw_settings(uint64_t seed);

}  // namespace coppice::torture
