// A filter that says of most absent keys, for certain, that a table has no version of them.
#pragma once

#include <vector>

#include "engine/base/checksum.hpp"

namespace coppice::engine {

/// A blocked bloom filter: every key has all of its bits in one cache line, so that a question costs one miss.
///
///     line (64 bytes) ... line | bits set per key u8
///
/// Of a key's hash h (XXH3-64) the upper half picks the line; the lower half, multiplied by the golden ratio for
/// every further bit, gives by its upper 9 bits which of the line's 512 bits.
///
/// A payload is valid if and only if it has at least one line and from 1 to kFilterBitsSetMax bits per key.
///
/// At 10 bits a key 0.9 % of absent keys pass. A filter that is not in lines would ideally let 0.6185^bits pass, at a miss
/// for every bit; this one lets at most 1.2 times as many pass, up to 20 bits a key. For lines lose some, as chance gives
/// one more keys than another, and the more bits, the more they lose: 1.18 times at 10 bits, 1.8 at 16, 2.9 at 20. So
/// filters of many bits take more room than they were given: 1 % at 10 bits, 8 % at 16, and 15 % from 20 on, where it no
/// longer makes up for all of it.
/// Source: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters"; RocksDB's FastLocalBloom.
inline constexpr size_t kFilterLineSize = 64;
inline constexpr uint32_t kFilterBitsSetMax = 16;

/// Of user keys, without their commits.
inline uint64_t filter_hash(ByteView key) { return key_hash(key); }

class BloomBuilder {
public:
  /// 0 bits: no filter; past 32 is as 32.
  explicit BloomBuilder(uint32_t bits_per_key) : bits_per_key_(bits_per_key) {}

  /// filter_hash of a key, once for each; more often does no harm but wastes room.
  void add(uint64_t hash);
  /// Of finish(), if it came now.
  size_t size() const;
  /// Empty if no key or no bits were given.
  Bytes finish() const;

private:
  size_t line_count() const;

  const uint32_t bits_per_key_;
  std::vector<uint64_t> hashes_;
};

/// False: no key with this hash was added.
/// Requires: filter_valid(payload).
bool filter_may_contain(ByteView payload, uint64_t hash);
/// Begins to load what filter_may_contain() will look at. Requires: filter_valid(payload).
void filter_prefetch(ByteView payload, uint64_t hash);
bool filter_valid(ByteView payload);

}  // namespace coppice::engine
