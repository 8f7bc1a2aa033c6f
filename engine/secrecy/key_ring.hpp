// The keys that a tree's files are sealed with: the one of today, and those before it.
#pragma once

#include <memory>
#include <vector>

#include "engine/secrecy/cipher.hpp"

namespace coppice::engine {

/// What seals one file; without a cipher the file is plain.
struct FileSeal {
  Seal seal;
  std::shared_ptr<const Cipher> cipher;
};

/// New files are sealed with the current key, or left plain if there is none; files of every key in the ring, and plain
/// ones, are read. So encryption is turned on, changed to another key and turned off in the same way: the next files
/// are written otherwise, and merging writes the old ones anew.
///
/// A value; copies share the keys. Empty, as it is by default, it costs nothing. Threads: any.
class KeyRing {
public:
  KeyRing() = default;
  KeyRing(std::optional<Key> current, std::vector<Key> older);

  /// Of the key that new files are sealed with; 0: none.
  uint64_t current() const { return current_; }
  /// Files of that key can be read; those of none always can.
  bool has(uint64_t key_id) const { return key_id == 0 || find(key_id) != nullptr; }
  /// invalid_argument, naming the key that is lacking and where to give it, unless has(). `path`: the file that needs it.
  Status check(uint64_t key_id, const std::string& path) const;

  /// For a file to be written, with a fresh salt.
  FileSeal begin(FileUse use) const;
  /// For one that was read. Errors as check().
  Result<FileSeal> open(const Seal& seal, FileUse use, const std::string& path) const;

private:
  const Key* find(uint64_t key_id) const;

  uint64_t current_ = 0;
  std::shared_ptr<const std::vector<Key>> keys_;
};

}  // namespace coppice::engine
