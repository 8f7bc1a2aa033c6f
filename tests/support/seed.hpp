// The seed of a random test: a new one each run, printed on failure, or the one that COPPICE_SEED says.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace coppice {

inline uint64_t test_seed() {
  if (const char* given = std::getenv("COPPICE_SEED")) return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

}  // namespace coppice
