// What a target makes of an input's bytes.
#pragma once

#include <algorithm>

#include "engine/base/coding.hpp"

namespace coppice::engine {

/// Takes pieces off the front. Where nothing is left they are zero or empty, so that every input is one.
class Input {
public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  uint8_t byte() { return take<uint8_t>(); }
  uint16_t word() { return take<uint16_t>(); }
  uint64_t number() { return take<uint64_t>(); }
  /// Behind its size as a u16; what is left, if it says more. Lifetime: the input's.
  ByteView piece() {
    const ByteView piece = rest_.substr(0, word());
    rest_.remove_prefix(piece.size());
    return piece;
  }
  ByteView rest() { return std::exchange(rest_, {}); }

private:
  template <class T>
  T take() {
    T value = 0;
    const size_t size = std::min(sizeof(T), rest_.size());
    std::memcpy(&value, rest_.data(), size);
    rest_.remove_prefix(size);
    return value;
  }

  ByteView rest_;
};

/// What Input::piece() gives back. Requires: at most 65,535 bytes.
inline void put_piece(Bytes& target, ByteView piece) {
  put_fixed(target, static_cast<uint16_t>(piece.size()));
  target.append(piece);
}

}  // namespace coppice::engine
