// Reads the layout of a block of entries, trusting none of its bytes. The layout is in block_builder.hpp.
#pragma once

#include "engine/base/coding.hpp"
#include "engine/cursor/entry.hpp"
#include "engine/table/value_ref.hpp"

namespace coppice::engine {

/// Data blocks are mostly asked for one key; pages of the index, where a key has its place.
enum class BlockKind : uint8_t { data, page };

/// One entry as it lies in a block: its key is the first `shared` bytes of the base, and then `suffix`.
struct RawEntry {
  uint32_t shared = 0;
  ByteView suffix;
  Timestamp commit;
  Kind kind = Kind::put;
  ByteView value;
};

/// Safe on any bytes: it reads inside the payload only. Where the bytes contradict their format it says so; bytes
/// that are wrong within the format (out of order) give wrong answers, and checksums are what keeps those away.
///
/// Lifetime: the payload outlives the view and what it gave. Threads: any number.
class BlockView {
public:
  /// Where an index is expected: the bytes make no sense.
  static constexpr uint32_t kDamaged = UINT32_MAX;

  /// False, and nothing else may be called, if not even the payload's tables and its first entry are in place.
  bool open(ByteView payload);

  BlockKind kind() const { return kind_; }
  uint32_t count() const { return count_; }
  /// The key of the first entry.
  ByteView base() const { return base_; }

  /// False: the entry makes no sense. Requires: `index` < count().
  bool decode(uint32_t index, RawEntry& entry) const;

  /// The first entry at or after `target`; count() if all lie before it; kDamaged.
  uint32_t lower_bound(const Position& target) const;

  /// The newest version of `key` at or before `at`, into `entry`; count() if there is none; kDamaged.
  /// `hash`: filter_hash(key). Requires: kind() is data.
  uint32_t find(ByteView key, Timestamp at, uint64_t hash, RawEntry& entry) const;

  /// Begins to load the entry that find() will look at. Requires: kind() is data.
  void prefetch(uint64_t hash) const;

private:
  struct Target;

  template <class Visit>
  void visit_matches(uint64_t hash, Visit&& visit) const;
  uint32_t offset_of(uint32_t index) const;
  std::strong_ordering compare_at(uint32_t index, const Target& target, bool& damaged) const;

  const char* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t count_ = 0;
  uint32_t lookup_ = 0;   // where the fingerprints or the heads begin
  uint32_t offsets_ = 0;  // where the offsets begin
  uint32_t common_ = 0;   // of a page: how many bytes all keys begin with
  bool wide_ = false;
  BlockKind kind_ = BlockKind::data;
  ByteView base_;
};

/// What a data block keeps of each key, to find it by. `hash`: filter_hash of the key.
inline uint8_t fingerprint_of(uint64_t hash) { return static_cast<uint8_t>(hash); }

/// Payloads of this size and more have offsets of four bytes, smaller ones of two.
inline constexpr size_t kWideBlockSize = size_t{64} << 10;
/// In the word that counts the entries.
inline constexpr uint32_t kPageBit = uint32_t{1} << 31;
/// Kind and commit of an entry.
inline constexpr size_t kEntryTagSize = 1 + sizeof(uint64_t);
/// Three sizes of one byte and the tag; a key that is the base's beginning has no bytes of its own.
inline constexpr size_t kEntrySizeMin = 3 + kEntryTagSize;

inline uint32_t BlockView::offset_of(uint32_t index) const {
  return wide_ ? load_fixed<uint32_t>(data_ + offsets_ + size_t{index} * 4)
               : load_fixed<uint16_t>(data_ + offsets_ + size_t{index} * 2);
}

inline bool BlockView::decode(uint32_t index, RawEntry& entry) const {
  const uint32_t offset = offset_of(index);
  if (offset >= size_) return false;
  const char* p = data_ + offset;
  const char* const end = data_ + size_;
  const auto size = static_cast<size_t>(end - p);
  if (size < kEntrySizeMin) return false;
  uint32_t unshared = 0;
  uint32_t value_size = 0;
  // One byte each is by far the most common, and worth its own path.
  const auto byte_at = [p](size_t i) { return static_cast<unsigned char>(p[i]); };
  if ((byte_at(0) | byte_at(1) | byte_at(2)) < 0x80) {
    entry.shared = byte_at(0);
    unshared = byte_at(1);
    value_size = byte_at(2);
    p += 3;
  } else {
    ByteView rest(p, size);
    for (uint32_t* field : {&entry.shared, &unshared, &value_size}) {
      const auto value = take_varint32(rest);
      if (!value) return false;
      *field = *value;
    }
    if (rest.size() < kEntryTagSize) return false;
    p = rest.data();
  }
  const auto kind = static_cast<uint8_t>(*p);
  if (!is_possible(kind, value_size)) return false;
  entry.kind = static_cast<Kind>(kind);
  entry.commit.raw = load_fixed<uint64_t>(p + 1);
  p += kEntryTagSize;
  const uint64_t key_size = uint64_t{entry.shared} + unshared;
  if (entry.shared > base_.size() || key_size < 1 || key_size > kKeySizeMax) return false;
  if (uint64_t{unshared} + value_size > static_cast<size_t>(end - p)) return false;
  entry.suffix = ByteView(p, unshared);
  entry.value = ByteView(p + unshared, value_size);
  return !is_apart(entry.kind) || decode_value_ref(plain_value(entry.kind, entry.value)).has_value();
}

}  // namespace coppice::engine
