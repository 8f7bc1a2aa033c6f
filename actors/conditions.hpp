// What must hold for a write to be made.
#pragma once

#include <optional>
#include <vector>

#include "engine/tree_reader.hpp"
#include "schema/types.hpp"

namespace coppice::actors {

/// `key` is still of this version: the commit timestamp that a get gave with the value; kTimestampMin: it is absent.
struct Condition {
  Bytes key;
  Timestamp version = kTimestampMin;
};

/// Of one write.
inline constexpr size_t kConditionsMax = 1024;

/// What became of a write with conditions.
struct WriteOutcome {
  /// Nothing: nothing was written, as a condition does not hold.
  std::optional<Timestamp> commit;
  /// The first such condition, by its index, and the version that its key has.
  size_t failed = 0;
  Timestamp version;
};

/// The conditions of one write on their way through a shard.
class Conditions {
public:
  /// invalid_argument: a key breaks a limit, or there are too many.
  static Status check(const std::vector<Condition>& all);

  explicit Conditions(std::vector<Condition> all) : all_(std::move(all)) {}

  const std::vector<Condition>& all() const { return all_; }
  bool in(const KeyRange& range) const;
  /// In bytes.
  size_t size() const;

  /// Reads the versions that the keys have. would_block with `cached_only`, if they are not in memory.
  /// Blocks: on the disk, unless `cached_only`. Threads: any, one at a time.
  Status read(const engine::TreeReader& reader, bool cached_only);
  /// Of the last read(): its error, or whether all hold.
  Result<bool> hold();

  /// Commit: that of the write, if hold() said true.
  WriteOutcome outcome(Timestamp commit) const;

private:
  const std::vector<Condition> all_;
  Status read_;
  std::vector<Timestamp> versions_;
  std::optional<size_t> failed_;
};

}  // namespace coppice::actors
