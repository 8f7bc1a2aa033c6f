// The one place where chance comes in from outside.
#pragma once

#include <cstdint>
#include <random>

namespace coppice::actors {

inline uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace coppice::actors
