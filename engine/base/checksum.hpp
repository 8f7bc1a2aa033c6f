// The one checksum and hash of everything the engine writes: XXH3, 64 bits.
#pragma once

#include "schema/types.hpp"

namespace coppice::engine {

/// XXH3-64 of `bytes`. The seed says which place the bytes belong to (a log's salt, a block's table and
/// offset), so that good bytes in the wrong place do not pass either. Written to disk: never change.
uint64_t checksum(ByteView bytes, uint64_t seed);

/// What a user key is looked for by, without its commit: in memtables, filters and blocks.
inline uint64_t key_hash(ByteView key) { return checksum(key, 0); }

}  // namespace coppice::engine
