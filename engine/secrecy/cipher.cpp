#include "engine/secrecy/cipher.hpp"

#include <openssl/evp.h>

#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kNonceSize = sizeof(uint64_t) + sizeof(uint32_t);

ByteView purpose(FileUse use) {
  switch (use) {
    case FileUse::log:
      return "coppice log";
    case FileUse::table:
      return "coppice table";
    case FileUse::values:
      return "coppice values";
    case FileUse::frame:
      return "coppice frame";
  }
  COPPICE_CHECK(false && "every use has its purpose");
}

std::array<unsigned char, kNonceSize> nonce_of(const PiecePlace& place) {
  std::array<unsigned char, kNonceSize> nonce{};
  store_fixed(reinterpret_cast<char*>(nonce.data()), place.offset);
  store_fixed(reinterpret_cast<char*>(nonce.data()) + sizeof(place.offset), place.mark);
  return nonce;
}

const unsigned char* raw(const char* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }
unsigned char* raw(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

/// `target` nullptr: `source` is only said.
void update(EVP_CIPHER_CTX* context, char* target, ByteView source) {
  if (source.empty()) return;
  int size = 0;
  const int done = EVP_CipherUpdate(context, target == nullptr ? nullptr : raw(target), &size,
                                    raw(source.data()), static_cast<int>(source.size()));
  COPPICE_CHECK(done == 1);
  COPPICE_CHECK(static_cast<size_t>(size) == source.size());
}

}  // namespace

Cipher::Cipher(const Key& key, const Seal& seal, FileUse use)
    : key_(derive(key.secret(), {seal.salt.data(), seal.salt.size()}, purpose(use))) {
  COPPICE_CHECK(seal.key_id == key.id());
}

Cipher::~Cipher() {
  for (Lane& lane : lanes_) EVP_CIPHER_CTX_free(lane.spare.load(std::memory_order_relaxed));
  wipe(key_);
}

void Cipher::seal(const PiecePlace& place, ByteView said, std::span<const ByteView> plain,
                  char* target) const {
  Context* const context = take();
  const auto nonce = nonce_of(place);
  COPPICE_CHECK(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), 1) == 1);
  update(context, nullptr, said);
  for (ByteView piece : plain) {
    update(context, target, piece);
    target += piece.size();
  }
  int size = 0;
  COPPICE_CHECK(EVP_CipherFinal_ex(context, raw(target), &size) == 1);
  COPPICE_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, target) == 1);
  give_back(context);
}

bool Cipher::open(const PiecePlace& place, ByteView said, ByteView sealed, char* target) const {
  if (sealed.size() < kTagSize) return false;
  const size_t size = sealed.size() - kTagSize;
  // Libcrypto does not change it.
  char* const tag = const_cast<char*>(sealed.data()) + size;
  Context* const context = take();
  const auto nonce = nonce_of(place);
  COPPICE_CHECK(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), 0) == 1);
  COPPICE_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag) == 1);
  update(context, nullptr, said);
  update(context, target, sealed.substr(0, size));
  int rest = 0;
  const bool is_right = EVP_CipherFinal_ex(context, raw(target) + size, &rest) == 1;
  give_back(context);
  return is_right;
}

// Whoever takes a context has it alone: the exchange takes it out of the lane. Release and acquire, as its memory was last
// written by the thread that gave it back.
Cipher::Context* Cipher::take() const {
  Context* const spare = lanes_[this_lane()].spare.exchange(nullptr, std::memory_order_acquire);
  return spare != nullptr ? spare : make();
}

void Cipher::give_back(Context* context) const {
  EVP_CIPHER_CTX_free(lanes_[this_lane()].spare.exchange(context, std::memory_order_acq_rel));
}

Cipher::Context* Cipher::make() const {
  static_assert(kNonceSize == 12, "what AES-GCM takes without being told");
  Context* const context = EVP_CIPHER_CTX_new();
  COPPICE_CHECK(context != nullptr);
  COPPICE_CHECK(EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nullptr, raw(key_.data()), nullptr, 1) == 1);
  return context;
}

}  // namespace coppice::engine
