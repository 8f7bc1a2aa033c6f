// One version of one key, and the order in which a tree keeps them.
#pragma once

#include "schema/types.hpp"

namespace coppice::engine {

/// What a version of a key says. Written to disk: never renumber.
enum class Kind : uint8_t {
  put = 1,
  remove = 2,  // A tombstone: the key is absent from this moment on.
};

/// One version of one key. Views borrow from whoever gave the entry.
struct Entry {
  ByteView key;
  Timestamp commit;
  Kind kind = Kind::put;
  ByteView value;
};

/// A place in internal order: keys ascending bytewise, versions of one key newest first.
struct Position {
  ByteView key;
  Timestamp commit = kTimestampMax;
};

inline std::strong_ordering compare(const Position& a, const Position& b) {
  if (const int order = a.key.compare(b.key); order != 0) return order <=> 0;
  return b.commit <=> a.commit;
}

inline Position position(const Entry& entry) { return {entry.key, entry.commit}; }

/// Deletes every version older than `commit` of the keys from `begin` on and before `end`.
/// A version with the same commit timestamp comes from the same batch, was written after it there,
/// and stays: Batch drops what an operation later in it deletes.
struct RangeDelete {
  Bytes begin;
  Bytes end;
  /// The delete goes on to the last key, and `end` is empty.
  bool unbounded = false;
  Timestamp commit;

  bool operator==(const RangeDelete&) const = default;
};

}  // namespace coppice::engine
