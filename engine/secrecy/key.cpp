#include "engine/secrecy/key.hpp"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

// Libcrypto takes bytes as unsigned and parameters as mutable, and changes none of these.
void* unchanged(const char* bytes) { return const_cast<char*>(bytes); }

std::optional<char> digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<char>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<char>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<char>(digit - 'A' + 10);
  return std::nullopt;
}

uint64_t id_of(std::span<const char, kSecretSize> secret) {
  const auto derived = derive(secret, {}, "coppice key id");
  return std::max<uint64_t>(1, load_fixed<uint64_t>(derived.data()));
}

}  // namespace

void wipe(std::span<char> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

Key::Key(std::span<const char, kSecretSize> secret) : id_(id_of(secret)) {
  std::ranges::copy(secret, secret_.begin());
}

Result<Key> Key::parse(ByteView bytes, const std::string& from) {
  if (bytes.size() == kSecretSize) return Key(std::span<const char, kSecretSize>(bytes.data(), kSecretSize));
  while (bytes.ends_with('\n') || bytes.ends_with('\r')) bytes.remove_suffix(1);
  std::array<char, kSecretSize> secret{};
  bool is_hexadecimal = bytes.size() == 2 * kSecretSize;
  for (size_t i = 0; i < kSecretSize && is_hexadecimal; ++i) {
    const auto high = digit_value(bytes[2 * i]);
    const auto low = digit_value(bytes[2 * i + 1]);
    is_hexadecimal = high && low;
    if (is_hexadecimal) secret[i] = static_cast<char>(*high << 4 | *low);
  }
  if (!is_hexadecimal) {
    wipe(secret);
    return Error{Errc::invalid_argument,
                 from + ": holds no key: it may be 32 bytes as they are, or 64 hexadecimal digits"};
  }
  Key key(secret);
  wipe(secret);
  return key;
}

std::array<char, kSecretSize> derive(std::span<const char, kSecretSize> key, ByteView salt,
                                     ByteView purpose) {
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kdf);
  COPPICE_CHECK(context != nullptr);
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 5> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, unchanged(key.data()), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, unchanged(purpose.data()), purpose.size()),
      // Last, as one that is empty is left out, which HKDF takes for zeros, as it does the empty one.
      salt.empty()
          ? OSSL_PARAM_construct_end()
          : OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, unchanged(salt.data()), salt.size()),
      OSSL_PARAM_construct_end()};
  std::array<char, kSecretSize> derived{};
  const int done = EVP_KDF_derive(context, reinterpret_cast<unsigned char*>(derived.data()), derived.size(),
                                  parameters.data());
  COPPICE_CHECK(done == 1);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return derived;
}

std::string key_name(uint64_t id) {
  if (id == 0) return "none";
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(16, '0');
  for (auto digit = name.rbegin(); digit != name.rend(); ++digit, id >>= 4) *digit = kDigits[id & 15];
  return name;
}

}  // namespace coppice::engine
