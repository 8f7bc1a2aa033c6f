// Where a value lies that is kept apart from its key.
#pragma once

#include "engine/cursor/entry.hpp"
#include "engine/table/table_format.hpp"

namespace coppice::engine {

/// What an entry holds instead of the value: a place in a value file (see values/value_format.hpp).
///
/// Stored as three varints: the file's number, the offset, the size of the stored payload.
struct ValueRef {
  uint64_t file = 0;
  BlockHandle place;

  /// What the value takes in its file, in bytes.
  uint64_t stored_size() const { return place.size + uint64_t{kBlockTrailerSize}; }
  bool operator==(const ValueRef&) const = default;
};

inline constexpr size_t kValueRefSizeMax = 10 + 10 + 5;

void put_value_ref(Bytes& target, const ValueRef& ref);
/// Nothing if `bytes` are not exactly one reference to a value of at least one byte.
std::optional<ValueRef> decode_value_ref(ByteView bytes);
/// Requires: the value is apart, and `stored` holds a reference, as is so of every entry that a block gives.
ValueRef value_ref_of(Kind kind, ByteView stored);

}  // namespace coppice::engine
