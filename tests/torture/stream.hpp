// Random choices of one concern, drawn from the seed of the whole run.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>

namespace coppice::torture {

/// Two concerns never share a stream, so that one more draw for the one changes nothing for the other. The same seed, concern
/// and index give the same numbers on every machine.
class Stream {
public:
  Stream(uint64_t seed, std::string_view concern, uint64_t index = 0) : random_(mix(seed, concern, index)) {}

  /// `least` to `most`, both included.
  uint64_t between(uint64_t least, uint64_t most) { return least + random_() % (most - least + 1); }
  /// Requires: count > 0. Less than `count`.
  size_t below(size_t count) { return random_() % count; }
  bool one_in(uint64_t count) { return random_() % count == 0; }
  template <class Choices>
  const auto& one_of(const Choices& choices) {
    return choices[below(std::size(choices))];
  }

private:
  static uint64_t mix(uint64_t seed, std::string_view concern, uint64_t index) {
    // Source: FNV-1a, over the bytes of all three.
    uint64_t hash = 0xcbf29ce484222325;
    const auto take = [&hash](uint64_t number) {
      for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ (number >> shift & 0xff)) * 0x100000001b3;
    };
    take(seed);
    take(index);
    for (const char c : concern) take(static_cast<unsigned char>(c));
    return hash;
  }

  std::mt19937_64 random_;
};

}  // namespace coppice::torture
