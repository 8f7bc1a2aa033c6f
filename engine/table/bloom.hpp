// A filter that says of most absent keys, for certain, that a table has no version of them.
#pragma once

#include <cstddef>
#include <cstdint>
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
/// A payload is valid if and only if it has at least one line and from 1 to kFilterBitsSetMax bits per key. A large one is
/// stored in parts: see filter_parts.hpp.
///
/// A builder is told how many absent keys may pass, and takes the room for that. A filter that is not in lines would need
/// 1.44 bits a key for every halving of that rate, and a miss for every bit that is set. Lines need more, as chance gives one
/// more keys than another, and the more the lower the rate is:
///
///     rate              2 %    0.2 %    0.05 %    0.01 %    0.0001 %
///     bits a key        8.4    13.9     17.4      22.3      39
///     more than ideal   3 %    8 %      10 %      16 %      36 %
///
/// Source: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters"; RocksDB's FastLocalBloom.
inline constexpr size_t kFilterLineSize = 64;
inline constexpr uint32_t kFilterBitsSetMax = 16;
/// No filter is built that lets fewer pass.
inline constexpr double kFilterRateMin = 1.0 / (1 << 20);

/// A part of a filter that is stored in parts; and the size from which on one is: then it no longer costs much less to read all
/// of it than to find a part.
inline constexpr size_t kFilterPartSize = 4096;
inline constexpr size_t kFilterWholeSizeMax = 128 << 10;

/// Of user keys, without their commits.
inline uint64_t filter_hash(ByteView key) { return key_hash(key); }

class BloomBuilder {
public:
  /// `false_positive_rate`: of absent keys, how many pass. 0, and 1 and more: no filter. Less than kFilterRateMin is as that.
  explicit BloomBuilder(double false_positive_rate);

  /// filter_hash of a key, once for each; more often does no harm but wastes room.
  void add(uint64_t hash);
  /// Of finish(), if it came now.
  size_t size() const;
  /// Past kFilterWholeSizeMax its lines fill parts. Empty if no key was added, or there is to be no filter.
  Bytes finish() const;

private:
  size_t line_count() const;

  double bits_per_key_ = 0;
  uint32_t bits_set_ = 0;
  std::vector<uint64_t> hashes_;
};

/// Of `line_count` lines, the one that a key with this hash has its bits in. Requires: `line_count` < 2^32.
inline size_t filter_line_of(uint64_t hash, size_t line_count) {
  return static_cast<size_t>(((hash >> 32) * static_cast<uint64_t>(line_count)) >> 32);
}
/// The same as filter_may_contain(), of that line.
bool filter_line_may_contain(const char* line, uint32_t bits_set, uint64_t hash);

/// False: no key with this hash was added.
/// Requires: filter_valid(payload).
bool filter_may_contain(ByteView payload, uint64_t hash);
/// Begins to load what filter_may_contain() will look at. Requires: filter_valid(payload).
void filter_prefetch(ByteView payload, uint64_t hash);
bool filter_valid(ByteView payload);

}  // namespace coppice::engine
