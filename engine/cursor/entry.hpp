// One version of one key, and the order in which a tree keeps them.
#pragma once

#include "engine/base/coding.hpp"
#include "engine/base/operand.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

/// Bits of a Kind above what the version says: how its value is stored.
inline constexpr uint8_t kKindBits = 0x0f;
/// The value lies behind the moment from which on the version is as good as a remove: kExpirySize bytes, milliseconds since 1970.
inline constexpr uint8_t kExpiresBit = 0x10;
inline constexpr size_t kExpirySize = 8;
/// Instead of the value, a reference into a value file: see table/value_ref.hpp.
inline constexpr uint8_t kApartBit = 0x20;

/// What a version of a key says, and flags. Written to disk: never renumber.
enum class Kind : uint8_t {
  put = 1,
  remove = 2,   // A tombstone: the key is absent from this moment on.
  operand = 3,  // Changes what lies below it: see operand.hpp.
  put_that_expires = put | kExpiresBit,
  put_apart = put | kApartBit,
  put_that_expires_apart = put | kExpiresBit | kApartBit,
};

constexpr bool is_put(Kind kind) {
  return (static_cast<uint8_t>(kind) & kKindBits) == static_cast<uint8_t>(Kind::put);
}
constexpr bool is_operand(Kind kind) { return kind == Kind::operand; }
constexpr bool is_remove(Kind kind) { return kind == Kind::remove; }
constexpr bool expires(Kind kind) { return (static_cast<uint8_t>(kind) & kExpiresBit) != 0; }
constexpr bool is_apart(Kind kind) { return (static_cast<uint8_t>(kind) & kApartBit) != 0; }
/// The same kind, with its value apart or not.
constexpr Kind apart_if(Kind kind, bool apart) {
  const auto bits = static_cast<uint8_t>(kind);
  return static_cast<Kind>(apart ? bits | kApartBit : bits & ~kApartBit);
}

/// Whether bytes of nobody we know may be a version: a kind that there is, in front of a stored value large enough for it. Of a value
/// that lies apart, the reference is to be looked at as well.
constexpr bool is_possible(uint8_t kind, size_t stored_size) {
  if (kind == static_cast<uint8_t>(Kind::put) || kind == static_cast<uint8_t>(Kind::remove)) return true;
  if (kind == static_cast<uint8_t>(Kind::operand)) return stored_size >= kOperandSizeMin;
  if (kind == static_cast<uint8_t>(Kind::put_apart)) return true;
  return (kind | kApartBit) == static_cast<uint8_t>(Kind::put_that_expires_apart) &&
         stored_size >= kExpirySize;
}

/// One version of one key. Views borrow from whoever gave the entry.
struct Entry {
  ByteView key;
  Timestamp commit;
  Kind kind = Kind::put;
  /// As it is stored: see expiry_of() and plain_value().
  ByteView value;
};

/// Before every commit of that millisecond, and after all of those before.
constexpr Timestamp first_of_millisecond(uint64_t ms) {
  constexpr uint64_t kMax = UINT64_MAX >> 20;
  return Timestamp{(ms < kMax ? ms : kMax) << 20};
}

/// The moment from which on the version is as good as a remove, in milliseconds since 1970. Requires: expires(kind), of
/// a version that is_possible().
inline uint64_t expiry_of(ByteView stored) { return load_fixed<uint64_t>(stored.data()); }
/// What was put, or the reference to it.
inline ByteView plain_value(Kind kind, ByteView stored) {
  return expires(kind) ? stored.substr(kExpirySize) : stored;
}

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
