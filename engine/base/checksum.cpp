#include "engine/base/checksum.hpp"

#include <xxhash.h>

namespace coppice::engine {

uint64_t checksum(ByteView bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace coppice::engine
