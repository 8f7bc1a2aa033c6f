// What byte strings begin with.
#pragma once

#include <algorithm>
#include <cstring>

#include "engine/base/coding.hpp"
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

/// The same of what follows the first `skip`: the key's head among keys that all begin with those.
inline uint64_t head_of(ByteView key, size_t skip) {
  return leading_number(key.substr(std::min(skip, key.size())));
}

/// How many of `count` heads, which ascend and lie at `heads` at any alignment, are smaller than `head`. Without a branch that
/// depends on them: each would be guessed wrong half of the time.
inline size_t count_below(const char* heads, size_t count, uint64_t head) {
  if (count == 0) return 0;
  const char* first = heads;
  while (count > 1) {
    const size_t half = count / 2;
    const bool below = load_fixed<uint64_t>(first + (half - 1) * sizeof(head)) < head;
    first += half * sizeof(head) * static_cast<size_t>(below);
    count -= half;
  }
  const auto passed = static_cast<size_t>(first - heads) / sizeof(head);
  return passed + (load_fixed<uint64_t>(first) < head ? 1 : 0);
}

/// How many bytes both begin with.
inline size_t shared_size(ByteView a, ByteView b) {
  const auto [end, unused] = std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin());
  return static_cast<size_t>(end - a.begin());
}

}  // namespace coppice::engine
