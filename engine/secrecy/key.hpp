// A secret key, and the name that files know it by.
#pragma once

#include <array>
#include <span>

#include "schema/types.hpp"

namespace coppice::engine {

inline constexpr size_t kSecretSize = 32;

/// Overwrites bytes that are not needed any longer, in a way that no compiler leaves out.
void wipe(std::span<char> bytes);

/// 32 secret bytes. Every copy is wiped from memory when it goes; what the system swaps out or dumps it cannot help.
/// Nothing that Coppice writes or says holds the key: files and messages name it by id(), which tells nothing of it.
class Key {
public:
  explicit Key(std::span<const char, kSecretSize> secret);
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key() { wipe(secret_); }

  /// As a file or a command gives it: 32 bytes as they are, or 64 hexadecimal digits with or without a line's end behind
  /// them. invalid_argument says which sizes would be allowed, and nothing of the bytes. `from`: for the message.
  static Result<Key> parse(ByteView bytes, const std::string& from);

  /// Never 0, and another one for each key, as far as 64 bits go: derive(*this, {}, "coppice key id").
  uint64_t id() const { return id_; }
  std::span<const char, kSecretSize> secret() const { return secret_; }

private:
  std::array<char, kSecretSize> secret_;
  uint64_t id_;
};

/// HKDF with SHA-256: a key for one purpose, which tells nothing of `key` or of what is derived for another `salt` or
/// `purpose`. Source: RFC 5869.
std::array<char, kSecretSize> derive(std::span<const char, kSecretSize> key, ByteView salt, ByteView purpose);

/// 16 hexadecimal digits; "none" for 0, which files that are not encrypted say.
std::string key_name(uint64_t id);

}  // namespace coppice::engine
