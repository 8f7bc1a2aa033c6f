#include "engine/secrecy/key.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

const std::string kDigits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

Bytes bytes_of(std::string_view digits) {
  Bytes bytes;
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return bytes;
}

Bytes text(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

std::array<char, kSecretSize> secret_of(ByteView bytes) {
  std::array<char, kSecretSize> secret{};
  bytes.copy(secret.data(), secret.size());
  return secret;
}

// RFC 5869 has cases with SHA-256 of 42 bytes and of keys of other sizes; this one is what `openssl kdf -keylen 32 -kdfopt
// digest:SHA256 -kdfopt hexkey:... -kdfopt hexsalt:... -kdfopt info:... HKDF` says.
TEST(KeyTest, DerivesWhatTheStandardSays) {
  const auto derived =
      derive(secret_of(bytes_of(kDigits)), bytes_of("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), "coppice table");
  EXPECT_EQ(text(derived), bytes_of("1c9d931b9b58efa87aac9393e0fa5efb2c1bb8ad864345e4271721f0ea3340f5"));
}

TEST(KeyTest, WhatIsDerivedDiffersByKeySaltAndPurpose) {
  const auto key = secret_of(bytes_of(kDigits));
  const auto derived = derive(key, "salt", "one");
  EXPECT_EQ(derive(key, "salt", "one"), derived);
  EXPECT_NE(derive(key, "salt", "two"), derived);
  EXPECT_NE(derive(key, "tlas", "one"), derived);
  EXPECT_NE(derive(key, "", "one"), derived);
  EXPECT_NE(derive(secret_of("another"), "salt", "one"), derived);
}

TEST(KeyTest, IsGivenAsBytesOrAsDigits) {
  const Key key{secret_of(bytes_of(kDigits))};
  for (const Bytes& given : {bytes_of(kDigits), Bytes(kDigits), kDigits + "\n", kDigits + "\r\n"}) {
    const auto parsed = Key::parse(given, "k");
    ASSERT_TRUE(parsed.ok()) << printable(given);
    EXPECT_EQ(parsed->id(), key.id());
    EXPECT_EQ(text(parsed->secret()), text(key.secret()));
  }
}

TEST(KeyTest, NothingElseIsTakenForAKeyNorRepeated) {
  const std::vector<Bytes> wrong{"",
                                 bytes_of(kDigits).substr(1),
                                 bytes_of(kDigits) + "!",
                                 kDigits.substr(1),
                                 kDigits + "00",
                                 "zz" + kDigits.substr(2),
                                 "\n" + kDigits};
  for (const Bytes& given : wrong) {
    const auto parsed = Key::parse(given, "the-file");
    ASSERT_FALSE(parsed.ok()) << given;
    EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
    EXPECT_NE(parsed.error().text.find("the-file"), std::string::npos);
    EXPECT_EQ(parsed.error().text.find(kDigits.substr(8, 16)), std::string::npos);
  }
}

TEST(KeyTest, ItsIdTellsNothingOfItAndIsTheSameEveryTime) {
  const Key key{secret_of(bytes_of(kDigits))};
  EXPECT_EQ(key_name(key.id()), "b35cf901f918ade4");
  EXPECT_NE(Key(secret_of("another")).id(), key.id());
  EXPECT_EQ(key_name(0), "none");
}

TEST(KeyTest, IsWipedWhenItGoes) {
  alignas(Key) char memory[sizeof(Key)];
  Key* const key = new (memory) Key(secret_of("a secret that must not stay here"));
  const char* const where = key->secret().data();
  key->~Key();
  EXPECT_EQ(ByteView(where, kSecretSize), Bytes(kSecretSize, '\0'));
}

}  // namespace
}  // namespace coppice::engine
