// Makes blocks smaller, and never larger than promised again.
#pragma once

#include "engine/options.hpp"
#include "engine/table/block_cache.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

/// Fills `target` with the size of `payload` as a u32 and its compressed bytes. False if that would save less than
/// an eighth: then store the payload itself. Requires: `compression` is not none.
bool compress(Compression compression, ByteView payload, Bytes& target);

/// The payload that `stored` was made of; nothing if `stored` is nothing that compress() makes, or claims to hold
/// more than `size_max` bytes, which are never allocated then. Requires: `compression` is not none.
Block decompress(Compression compression, ByteView stored, size_t size_max);

}  // namespace coppice::engine
