// The words every layer shares: bytes, timestamps, key ranges, durability, and the limits on them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.hpp"

namespace coppice {

/// Keys and values are bytes, compared as unsigned; text is a special case.
using Bytes = std::string;
using ByteView = std::string_view;

inline constexpr size_t kKeySizeMax = 16 * 1024;
inline constexpr size_t kValueSizeMax = 64 * 1024 * 1024;
inline constexpr size_t kBatchSizeMax = 64 * 1024 * 1024;

/// A moment in a store: 44 bits of milliseconds since 1970 above 20 bits of counter.
/// Every committed write has one, later than any before it on its shard.
struct Timestamp {
  uint64_t raw = 0;

  auto operator<=>(const Timestamp&) const = default;
  uint64_t milliseconds() const { return raw >> 20; }
};

/// Before every write, and after every write.
inline constexpr Timestamp kTimestampMin{0};
inline constexpr Timestamp kTimestampMax{UINT64_MAX};

/// What an acknowledged write survives.
enum class Durability : uint8_t {
  memory = 0,    // a clean stop
  buffered = 1,  // also kill -9: the bytes are with the operating system
  synced = 2,    // also power loss: the bytes are on the disk
};

/// Keys from `begin` on and before `end`; without an `end`, to the last.
struct KeyRange {
  Bytes begin;
  std::optional<Bytes> end;

  bool operator==(const KeyRange&) const = default;
  bool contains(ByteView key) const { return key >= begin && (!end || key < *end); }
  bool empty() const { return end && *end <= begin; }
  bool overlaps(const KeyRange& other) const {
    return (!end || other.begin < *end) && (!other.end || begin < *other.end) && !empty() && !other.empty();
  }
};

/// Every key that starts with `prefix`.
KeyRange prefix_range(ByteView prefix);

/// The keys that both ranges hold; may be empty().
KeyRange intersection(const KeyRange& a, const KeyRange& b);

/// For messages: printable bytes as they are, others as \xNN, in double quotes, cut after 64 bytes.
std::string printable(ByteView bytes);

/// invalid_argument unless `key` has 1 to kKeySizeMax bytes.
Status check_key(ByteView key);

/// invalid_argument unless `value` has at most kValueSizeMax bytes.
Status check_value(ByteView value);

}  // namespace coppice
