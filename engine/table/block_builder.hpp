// Packs entries into a block: a data block, or a page of the index.
#pragma once

#include <vector>

#include "engine/table/block_view.hpp"

namespace coppice::engine {

/// The payload of a block of entries. Tables in front lead to each entry; an entry's key is written without the bytes
/// that it shares with the base, the key of the first entry, so any entry can be read without another.
///
///     data block:  n u32              | n fingerprints u8 | n offsets | entry ...
///     page:        n + 2^31 u32 | c u32 | n heads u64     | n offsets | entry ...
///
///     offset:       where the entry begins, from the payload's start: u16, or u32 in a payload of kWideBlockSize or more
///     fingerprint:  the lowest 8 bits of the key's filter_hash
///     c:            how many bytes all keys of the page begin with
///     head:         the 8 bytes of the key behind those, the first the highest; zeros where it has fewer
///
///     entry:        shared    varint   bytes that the key shares with the base; 0 in the first entry
///                   unshared  varint   bytes that follow them
///                   value     varint   size of the value
///                   kind      u8
///                   commit    u64
///                   the unshared bytes of the key, then the value
///
/// A payload is valid if and only if
///   1. it has at least one entry, no key is empty or longer than kKeySizeMax, and every kind is one we know;
///   2. positions ascend;
///   3. it is what its entries give: shared and c are as large as they can be, varints as short as they can be, and
///      nothing lies between, before or behind the parts.
/// A BlockView checks what it walks over, as far as its own safety needs. TableReader::verify checks all.
class BlockBuilder {
public:
  explicit BlockBuilder(BlockKind kind) : kind_(kind) {}

  /// `hash`: filter_hash of the key; a page has no use for it.
  /// Requires: `entry` lies after the one before it in internal order.
  void add(const Entry& entry, uint64_t hash);

  bool empty() const { return count() == 0; }
  uint32_t count() const { return static_cast<uint32_t>(offsets_.size()); }
  /// Of the last entry. Requires: !empty(). Lifetime: until the next change.
  Position last() const { return {last_key_, last_commit_}; }
  /// Of the payload if it were finished now.
  size_t size() const;
  /// Requires: !empty(). Lifetime: until the next change.
  ByteView finish();
  void clear();

private:
  size_t tables_size(bool wide) const;
  void put_heads();

  const BlockKind kind_;
  Bytes entries_;
  std::vector<uint32_t> offsets_;  // in entries_
  Bytes fingerprints_;
  std::vector<Bytes> keys_;  // of a page
  Bytes base_;
  Bytes last_key_;
  Timestamp last_commit_;
  Bytes payload_;
};

}  // namespace coppice::engine
