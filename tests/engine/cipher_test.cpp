#include "engine/secrecy/cipher.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/support/keys.hpp"

namespace coppice::engine {
namespace {

struct CipherTest : ::testing::Test {
  static Seal seal_with(char salt) {
    Seal seal{key('a').id(), {}};
    seal.salt.fill(salt);
    return seal;
  }

  Bytes seal(const PiecePlace& place, ByteView plain, ByteView said = {}) const {
    Bytes sealed(plain.size() + kTagSize, '\0');
    cipher.seal(place, said, {&plain, 1}, sealed.data());
    return sealed;
  }
  static std::optional<Bytes> open(const Cipher& with, const PiecePlace& place, ByteView sealed,
                                   ByteView said = {}) {
    Bytes plain(sealed.size(), '\0');
    if (!with.open(place, said, sealed, plain.data())) return std::nullopt;
    plain.resize(sealed.size() - kTagSize);
    return plain;
  }

  const Cipher cipher{key('a'), seal_with('s'), FileUse::table};
};

// The key that derive() gives, and AES-256-GCM with it by another's hands (Python's `cryptography`): a place, some bytes,
// and others that are only said.
TEST_F(CipherTest, SealsAsTheStandardSays) {
  const Bytes sealed = seal({0x0102030405060708, 0x0a0b0c0d}, "an entry of a block", "said");
  Bytes digits;
  for (const char byte : sealed) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    digits += kDigits[static_cast<unsigned char>(byte) >> 4];
    digits += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  EXPECT_EQ(digits, "a2fbccf9ed42e17eb448370c674c05365c7bc370c98fe474ee81ac30d60f780cc5ba74");
}

TEST_F(CipherTest, OpensWhatWasSealed) {
  Random random(7);
  for (const size_t size : {0u, 1u, 15u, 16u, 17u, 4096u, 100'000u}) {
    Bytes plain(size, '\0');
    for (char& byte : plain) byte = static_cast<char>(random.next());
    const Bytes sealed = seal({size, 1}, plain, "said");
    if (size > 15) {
      EXPECT_EQ(sealed.find(plain.substr(0, 16)), Bytes::npos);
    }
    EXPECT_EQ(open(cipher, {size, 1}, sealed, "said"), plain);
  }
}

TEST_F(CipherTest, OpensWhereItLies) {
  Bytes piece = seal({5, 0}, "the same place");
  ASSERT_TRUE(cipher.open({5, 0}, {}, piece, piece.data()));
  EXPECT_EQ(piece.substr(0, piece.size() - kTagSize), "the same place");
}

TEST_F(CipherTest, PiecesJoined) {
  const std::array<ByteView, 3> pieces{"one ", "", "and two"};
  Bytes sealed(11 + kTagSize, '\0');
  cipher.seal({9, 0}, {}, pieces, sealed.data());
  EXPECT_EQ(open(cipher, {9, 0}, sealed), "one and two");
}

TEST_F(CipherTest, NoChangedBitOpens) {
  const Bytes sealed = seal({64, 2}, "forty-two bytes or so, for every bit of it", "said");
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    Bytes changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(open(cipher, {64, 2}, changed, "said"), std::nullopt) << bit;
  }
  for (size_t size = 0; size < sealed.size(); ++size)
    EXPECT_EQ(open(cipher, {64, 2}, ByteView(sealed).substr(0, size), "said"), std::nullopt) << size;
}

TEST_F(CipherTest, NothingOpensElsewhereOrUnderAnotherKey) {
  const Bytes sealed = seal({64, 2}, "a piece", "said");
  EXPECT_EQ(open(cipher, {64, 2}, sealed, "said"), "a piece");
  EXPECT_EQ(open(cipher, {65, 2}, sealed, "said"), std::nullopt);
  EXPECT_EQ(open(cipher, {64, 3}, sealed, "said"), std::nullopt);
  EXPECT_EQ(open(cipher, {64, 2}, sealed, "Said"), std::nullopt);
  EXPECT_EQ(open({key('a'), seal_with('t'), FileUse::table}, {64, 2}, sealed, "said"), std::nullopt);
  EXPECT_EQ(open({key('a'), seal_with('s'), FileUse::log}, {64, 2}, sealed, "said"), std::nullopt);
  Seal other = seal_with('s');
  other.key_id = key('b').id();
  EXPECT_EQ(open({key('b'), other, FileUse::table}, {64, 2}, sealed, "said"), std::nullopt);
}

TEST_F(CipherTest, ServesManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (uint64_t thread = 0; thread < 12; ++thread) {
    threads.emplace_back([&, thread] {
      for (uint64_t i = 0; i < 500; ++i) {
        const PiecePlace place{thread << 32 | i, 0};
        const Bytes plain = std::to_string(place.offset);
        if (open(cipher, place, seal(place, plain)) != plain) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace coppice::engine
