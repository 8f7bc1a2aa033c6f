// Keys for tests.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "engine/secrecy/key_ring.hpp"

namespace coppice::engine {

/// The key whose bytes are all `byte`.
inline Key key(char byte) {
  std::array<char, kSecretSize> secret{};
  secret.fill(byte);
  return Key(secret);
}

/// New files are encrypted with key(current), and those of key(older) are read.
inline KeyRing ring(char current, std::string_view older = {}) {
  std::vector<Key> others;
  for (const char byte : older) others.push_back(key(byte));
  return {key(current), std::move(others)};
}

/// New files are plain, and those of key(older) are read.
inline KeyRing reading_ring(std::string_view older) {
  std::vector<Key> others;
  for (const char byte : older) others.push_back(key(byte));
  return {std::nullopt, std::move(others)};
}

}  // namespace coppice::engine
