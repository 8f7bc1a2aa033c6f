// Numbers that look random and are not: the same seed gives the same numbers, on every machine.
#pragma once

#include <cstdint>

#include "schema/check.hpp"

namespace coppice::engine {

/// Spreads every bit of `value` over the result; one to one. Source: Steele, Lea, Flood, "Fast Splittable
/// Pseudorandom Number Generators" (splitmix64's finalizer).
constexpr uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

/// splitmix64. Not for secrets.
class Random {
public:
  explicit constexpr Random(uint64_t seed) : state_(seed) {}

  /// Any of 2^64.
  constexpr uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }

  /// In [0, end). Requires: `end` > 0.
  constexpr uint64_t below(uint64_t end) {
    COPPICE_CHECK(end > 0);
    // The high half of a 128-bit product is as even as a division and costs a multiplication.
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((Wide{next()} * end) >> 64);
  }

  /// True once in `n` calls, on average. Requires: `n` > 0.
  constexpr bool one_in(uint64_t n) { return below(n) == 0; }

private:
  uint64_t state_;
};

}  // namespace coppice::engine
