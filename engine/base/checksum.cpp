#include "engine/base/checksum.hpp"

#include <xxhash.h>
#ifdef COPPICE_XXHASH_DISPATCHES
// Chooses the widest registers that the processor has, once.
#include <xxh_x86dispatch.h>
#endif

namespace coppice::engine {

uint64_t checksum(ByteView bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace coppice::engine
