#include "engine/secrecy/key_ring.hpp"

#include <algorithm>

#include <openssl/rand.h>

namespace coppice::engine {

KeyRing::KeyRing(std::optional<Key> current, std::vector<Key> older) : current_(current ? current->id() : 0) {
  if (current) older.push_back(*current);
  keys_ = std::make_shared<const std::vector<Key>>(std::move(older));
}

Status KeyRing::check(uint64_t key_id, const std::string& path) const {
  if (has(key_id)) return success();
  return Error{Errc::invalid_argument,
               path + ": is encrypted with key " + key_name(key_id) +
                   ", which was not given: name the file or command that has it in "
                   "encryption_key, or in encryption_keys_old if new files are not to "
                   "be encrypted with it"};
}

FileSeal KeyRing::begin(FileUse use) const {
  if (current_ == 0) return {};
  Seal seal{current_, {}};
  // With a salt that others could know, or that comes twice, it were better not to go on.
  COPPICE_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(seal.salt.data()), kFileSaltSize) == 1);
  return {seal, std::make_shared<const Cipher>(*find(current_), seal, use)};
}

Result<FileSeal> KeyRing::open(const Seal& seal, FileUse use, const std::string& path) const {
  COPPICE_TRY(check(seal.key_id, path));
  if (seal.key_id == 0) return FileSeal{};
  return FileSeal{seal, std::make_shared<const Cipher>(*find(seal.key_id), seal, use)};
}

const Key* KeyRing::find(uint64_t key_id) const {
  if (keys_ == nullptr) return nullptr;
  const auto found = std::ranges::find(*keys_, key_id, &Key::id);
  return found == keys_->end() ? nullptr : &*found;
}

}  // namespace coppice::engine
