// The half of a tree that any thread may use.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/cursor/visible_cursor.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

struct ReadOptions {
  /// Nothing: now, linearizable. Otherwise a moment that the tree's owner keeps readable (see
  /// Tree::plan_flush).
  std::optional<Timestamp> at;
  /// Never waits for the disk: would_block instead.
  bool cached_only = false;
  /// Of a cursor: an item's value is not asked for, and may be empty instead; those that lie apart are not read.
  bool keys_only = false;
};

/// A value, and which one it is of those that its key had.
struct Versioned {
  /// Nothing: the key is absent.
  std::optional<Bytes> value;
  /// The commit timestamp of the latest write that has a part in the value; kTimestampMin: the key is absent. It changes with
  /// every write of the key, and goes when the key expires.
  Timestamp version;
};

/// What a verification read and found.
struct VerifyReport {
  uint64_t tables = 0;
  uint64_t blocks = 0;
  uint64_t entries = 0;
  /// Of them, kept apart from their keys.
  uint64_t values = 0;
  uint64_t bytes = 0;
  /// Of a store that is not served; otherwise 0 and nothing.
  uint64_t logs = 0;
  uint64_t records = 0;
  /// What is no damage, and worth a word.
  std::vector<std::string> notes = {};
  std::vector<std::string> problems = {};
};

/// Reads what its tree has published. After the tree is closed or destroyed every call answers unavailable.
/// Threads: any number. Nothing here waits for the tree's owner.
class TreeReader {
public:
  virtual ~TreeReader() = default;

  /// Every write up to this moment is seen.
  virtual Timestamp visible() const = 0;

  /// Whether `key` is there. Its value replaces `value`, whose memory is used again: the fastest way for one who reads
  /// many. `value` is as it was if the key is absent. corruption names the file and offset.
  virtual Result<bool> get(ByteView key, const ReadOptions& options, Bytes& value) const = 0;
  /// The value of `key`, or nothing.
  Result<std::optional<Bytes>> get(ByteView key, const ReadOptions& options) const {
    Bytes value;
    COPPICE_TRY_ASSIGN(found, get(key, options, value));
    if (!found) return std::optional<Bytes>();
    return std::optional<Bytes>(std::move(value));
  }

  /// The same with its version.
  virtual Result<Versioned> get_versioned(ByteView key, const ReadOptions& options) const = 0;

  /// The values of `keys`, in their order, all at one moment; nothing where a key is absent. For keys that come together this is
  /// faster than a get for each, and blocks that have to come from the disk are read at once. An error of one key is that
  /// of all. invalid_argument: the values have more than `size_max` bytes together.
  virtual Result<std::vector<std::optional<Bytes>>> get_many(std::span<const ByteView> keys,
                                                             const ReadOptions& options,
                                                             size_t size_max = SIZE_MAX) const = 0;

  /// Walks the live keys of `range` (cut to the tree's own) at one moment. The cursor pins the view that it
  /// reads.
  virtual Result<std::unique_ptr<VisibleCursor>> cursor(const KeyRange& range,
                                                        const ReadOptions& options) const = 0;

  /// Reads every block of every table that overlaps `range`, and every value that it refers to; the problems found are in the report. Ends
  /// early, unavailable, when the tree is closed. Blocks: on the disk, for long.
  virtual Result<VerifyReport> verify(const KeyRange& range) const = 0;
};

}  // namespace coppice::engine
