// Integers as bytes: fixed little-endian and varints, written to memory we own, read from bytes nobody
// vouches for.
#pragma once

#include <bit>
#include <cstring>
#include <optional>

#include "schema/types.hpp"

namespace coppice::engine {

static_assert(std::endian::native == std::endian::little, "fixed integers are copied as they lie");

/// A varint has seven bits in a byte, lowest first; the high bit says that more follow.
inline constexpr size_t kVarint32SizeMax = 5;
inline constexpr size_t kVarint64SizeMax = 10;

// Fixed little-endian integers, at any alignment.

/// Requires: `target` has room for a T.
template <class T>
inline void store_fixed(char* target, T value) {
  std::memcpy(target, &value, sizeof(value));
}

/// Requires: a T lies at `source`.
template <class T>
inline T load_fixed(const char* source) {
  T value;
  std::memcpy(&value, source, sizeof(value));
  return value;
}

template <class T>
inline void put_fixed(Bytes& target, T value) {
  target.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

/// Takes a T off the front of `rest`; nothing, and `rest` as it was, if it is shorter.
template <class T>
inline std::optional<T> take_fixed(ByteView& rest) {
  if (rest.size() < sizeof(T)) return std::nullopt;
  const T value = load_fixed<T>(rest.data());
  rest.remove_prefix(sizeof(T));
  return value;
}

// Varints.

/// 1 to kVarint64SizeMax.
inline size_t varint_size(uint64_t value) { return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7; }

/// Returns the byte behind the last written. Requires: `target` has room for varint_size(value) bytes.
inline char* store_varint(char* target, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *target++ = static_cast<char>(value | 0x80);
  *target++ = static_cast<char>(value);
  return target;
}

void put_varint(Bytes& target, uint64_t value);

/// The part of take_varint for more than one byte.
std::optional<uint64_t> take_long_varint(ByteView& rest);

/// Takes a varint off the front of `rest`; nothing, and `rest` as it was, if it ends too early or says more
/// than 64 bits. A longer spelling than needed is accepted.
inline std::optional<uint64_t> take_varint(ByteView& rest) {
  if (!rest.empty() && static_cast<unsigned char>(rest.front()) < 0x80) {
    const uint64_t value = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    return value;
  }
  return take_long_varint(rest);
}

/// The same; nothing as well if the value says more than 32 bits.
inline std::optional<uint32_t> take_varint32(ByteView& rest) {
  const ByteView before = rest;
  const std::optional<uint64_t> value = take_varint(rest);
  if (value && *value <= UINT32_MAX) return static_cast<uint32_t>(*value);
  rest = before;
  return std::nullopt;
}

// Bytes behind their size as a varint.

void put_sized(Bytes& target, ByteView bytes);

/// Lifetime: that of the bytes under `rest`. Nothing, and `rest` as it was, if they end too early.
std::optional<ByteView> take_sized(ByteView& rest);

}  // namespace coppice::engine
