// What byte strings begin with.
#pragma once

#include <algorithm>
#include <cstring>

#include "schema/types.hpp"

namespace coppice::engine {

/// The first eight bytes, with zeros behind where there are fewer, as an integer that compares as they do.
inline uint64_t leading_number(ByteView bytes) {
  uint64_t number = 0;
  if (bytes.size() >= sizeof(number)) {
    std::memcpy(&number, bytes.data(), sizeof(number));
  } else {
    bytes.copy(reinterpret_cast<char*>(&number), bytes.size());
  }
  return __builtin_bswap64(number);
}

/// How many bytes both begin with.
inline size_t shared_size(ByteView a, ByteView b) {
  const auto [end, unused] = std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin());
  return static_cast<size_t>(end - a.begin());
}

}  // namespace coppice::engine
