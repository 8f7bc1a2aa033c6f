#include "engine/base/coding.hpp"

#include <algorithm>

namespace coppice::engine {

void put_varint(Bytes& target, uint64_t value) {
  char bytes[kVarint64SizeMax];
  target.append(bytes, store_varint(bytes, value));
}

std::optional<uint64_t> take_long_varint(ByteView& rest) {
  uint64_t value = 0;
  const size_t size_max = std::min(rest.size(), kVarint64SizeMax);
  for (size_t i = 0; i < size_max; ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    // The tenth byte has one bit left to say.
    if (i == kVarint64SizeMax - 1 && byte > 1) return std::nullopt;
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

void put_sized(Bytes& target, ByteView bytes) {
  put_varint(target, bytes.size());
  target.append(bytes);
}

std::optional<ByteView> take_sized(ByteView& rest) {
  ByteView behind = rest;
  const std::optional<uint64_t> size = take_varint(behind);
  if (!size || *size > behind.size()) return std::nullopt;
  const ByteView bytes = behind.substr(0, static_cast<size_t>(*size));
  rest = behind.substr(bytes.size());
  return bytes;
}

}  // namespace coppice::engine
