// What one seed stands for: how large things are, who calls how often for what, and what goes wrong how often.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "actors/store.hpp"

namespace coppice::simulation {

/// Of the random streams that are drawn from one seed: one for each concern, so that a change of one leaves the others as they were.
enum class Stream : uint64_t { plan, steps, trouble, disk, clients };

uint64_t seed_of(uint64_t seed, Stream stream, uint64_t index = 0);

/// What clients call for.
enum class Call : uint8_t {
  put,
  remove,
  batch,
  /// All keys of one group, on whichever shards they are, get one value.
  group,
  delete_range,
  exchange,
  /// An operand for one key, or a value in its place.
  operand,
  get,
  get_many,
  scan,
  snapshot,
  read_snapshot,
  flush,
  compact,
  /// A merge of a range that somebody asked for is to end.
  cancel_merge,
  /// Files of sorted entries are taken in.
  ingest,
  checkpoint,
  split,
  merging,
};
inline constexpr size_t kCallCount = 19;

/// What a key has, and what is done to it.
enum class KeyKind : uint8_t {
  /// Bytes that are put.
  bytes,
  /// A number that operands are added to; one that is the largest of them; a list that they are appended to.
  sum,
  peak,
  list,
};

/// Keys that are only ever written together: whatever is read at one moment has one value for all of them. All are of one kind, bytes
/// or sums.
struct Group {
  /// Indices of keys.
  std::vector<size_t> keys;
};

struct Plan {
  explicit Plan(uint64_t seed, uint64_t calls);

  uint64_t seed;
  uint64_t call_count;
  uint64_t client_count;
  /// All in order: "aa00" is a key that is written by itself, "ag0" one of a group, "as0" one that is written `buffered`,
  /// "an0" one that operands are applied to.
  std::vector<Bytes> keys;
  std::vector<KeyKind> kinds;
  std::vector<size_t> loose_keys;
  std::vector<size_t> soft_keys;
  std::vector<size_t> operand_keys;
  std::vector<Group> groups;
  /// How many out of the sum of all are for that call.
  std::array<uint64_t, kCallCount> weights{};
  size_t value_size_max;
  uint64_t split_count_max;
  /// One in so many steps begins something that goes wrong.
  uint64_t trouble_one_in;
  actors::StoreOptions options;
};

}  // namespace coppice::simulation
