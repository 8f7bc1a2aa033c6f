// Packs entries into a block: a data block, or a page of the index.
#pragma once

#include <vector>

#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// The payload of a block of entries. Keys are written without the bytes that they share with the key before, but
/// every so often in full: there a search may enter, a restart point.
///
///     entry ... entry | restart point u32 ... | count of restart points u32
///
///     entry:  shared    varint   bytes that the key shares with the one before
///             unshared  varint   bytes that follow them
///             value     varint   size of the value
///             kind      u8
///             commit    u64
///             the unshared bytes of the key, then the value
///
/// A payload is valid if and only if
///   1. it has at least one restart point, the first of them is 0, and they ascend;
///   2. the entries fill the bytes before the restart points exactly, and each restart point is where an entry
///      begins whose `shared` is 0;
///   3. no entry shares more than its predecessor's key has, no key is empty or longer than kKeySizeMax, and
///      every kind is one we know;
///   4. positions ascend.
/// A BlockCursor checks what it walks over: 1 to 3, as far as its own safety needs. TableReader::verify checks all.
class BlockBuilder {
public:
  /// Requires: `restart_interval`, the entries from one restart point to the next, is at least 1.
  explicit BlockBuilder(uint32_t restart_interval) : restart_interval_(restart_interval) {}

  /// Requires: `entry` lies after the one before it in internal order.
  void add(const Entry& entry);

  bool empty() const { return count_ == 0; }
  uint32_t count() const { return count_; }
  /// Of the last entry. Requires: !empty(). Lifetime: until the next change.
  Position last() const { return {last_key_, last_commit_}; }
  /// Of the payload if it were finished now.
  size_t size() const { return bytes_.size() + (restarts_.size() + 1) * sizeof(uint32_t); }
  /// Requires: !empty(). Lifetime: until clear().
  ByteView finish();
  void clear();

private:
  const uint32_t restart_interval_;
  Bytes bytes_;
  std::vector<uint32_t> restarts_;
  Bytes last_key_;
  Timestamp last_commit_;
  uint32_t count_ = 0;
};

}  // namespace coppice::engine
