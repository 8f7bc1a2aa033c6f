// Seals and opens what one file holds, a piece at a time: AES-256-GCM.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>

#include "engine/base/lane.hpp"
#include "engine/secrecy/key.hpp"

// Libcrypto's.
struct evp_cipher_ctx_st;

namespace coppice::engine {

/// What a sealed piece takes beside what it seals.
inline constexpr size_t kTagSize = 16;
inline constexpr size_t kFileSaltSize = 16;

/// What files are for. Written to disk by way of the keys derived: never rename.
enum class FileUse : uint8_t {
  log,  // Logs and manifests.
  table,
  values,
  frame,  // Small files that are written whole.
};

/// How a file is sealed, as it says itself, in plain.
struct Seal {
  /// 0: not at all.
  uint64_t key_id = 0;
  /// Drawn at random for each file.
  std::array<char, kFileSaltSize> salt{};

  bool operator==(const Seal&) const = default;
};

/// Where a piece stands. Its nonce is these 12 bytes, so that a piece that was moved, or of which something else is said,
/// does not open.
struct PiecePlace {
  /// Of its file, in bytes.
  uint64_t offset = 0;
  /// What the file says of the piece in few bits, beside what `said` is of.
  uint32_t mark = 0;
};

/// The cipher of one file, under a key of its own: derive(key, the file's salt, its use).
///
/// **No nonce is ever used twice under one key**, or the two pieces give their difference away, and with it the key that
/// the tags are made with. Two files have different salts (of 128 random bits: among 2^40 files two are the same with a
/// chance of 2^-49), so different keys. Within a file no offset is ever sealed at twice: tables and frames are written once,
/// front to back; a log is, too, as long as whoever begins it goes on; and what was begun by an earlier life of the process
/// gets no sealed piece any more: see LogWriter::resume().
///
/// **What it keeps, and what not.** Who has the files and not the key learns their sizes, when they were written, ids,
/// counters and the sizes of records and blocks; neither keys nor values. A piece that was changed or moved
/// does not open. That a whole file is an old one, or that a log was cut short, it does not tell.
///
/// Threads: any number. Contexts of libcrypto serve one call at a time; each lane keeps one ready, as to make one costs
/// as much as to seal a kilobyte.
class Cipher {
public:
  Cipher(const Key& key, const Seal& seal, FileUse use);
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
  ~Cipher();

  /// Fills `target` with the pieces of `plain`, sealed, and the tag behind them; nothing of them stands there in plain at any
  /// time, so it may be a mapped file. `said` is not sealed, but must be the same when the piece is opened.
  /// Requires: `target` has room for all of `plain` and kTagSize bytes, and lies apart from it; nothing was sealed at this
  /// offset before.
  void seal(const PiecePlace& place, ByteView said, std::span<const ByteView> plain, char* target) const;

  /// Fills `target` with what was sealed, sealed.size() - kTagSize bytes. False, and what is there is worth nothing: it was
  /// not sealed so. `target` may be where `sealed` lies.
  bool open(const PiecePlace& place, ByteView said, ByteView sealed, char* target) const;

private:
  using Context = evp_cipher_ctx_st;
  struct alignas(kLaneAlignment) Lane {
    std::atomic<Context*> spare{nullptr};
  };

  Context* take() const;
  void give_back(Context* context) const;
  Context* make() const;

  std::array<char, kSecretSize> key_;
  mutable std::array<Lane, kLaneCount> lanes_;
};

/// Of memory, about, while one lane uses it.
inline constexpr size_t kCipherSize = 2048;

}  // namespace coppice::engine
