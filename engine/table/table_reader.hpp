// Reads one table. The format is in table_format.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "engine/cursor/cursor.hpp"
#include "engine/cursor/walk.hpp"
#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/table/table_meta.hpp"
#include "engine/table/value_ref.hpp"

namespace coppice::engine {

class BlockBuffer;
class BlockStash;
class RangeDeletes;
struct OpenTable;
struct ReadWork;

struct TableReadOptions {
  /// Answer would_block rather than touch the disk.
  bool cached_only = false;
  /// Blocks that had to be read go into the block cache; false for reads that come once, like a merge's.
  bool fill_cache = true;
  /// For reads of several keys: blocks on the disk are asked for here, and would_block until they came.
  BlockStash* stash = nullptr;
  /// Of a cursor: what it is a part of. Blocks that are read while it passes what is dead do not go into the cache.
  const Walk* walk = nullptr;
  /// Counts what the read asks for; or nullptr.
  ReadWork* work = nullptr;
};

/// What one source says about a key.
struct PointRead {
  /// False: the source has no version of the key at that moment, and the rest is not set.
  bool found = false;
  Kind kind = Kind::put;
  Timestamp commit;
  /// Lifetime: `block`'s, and the buffer's that it was read with.
  ByteView value;
  BlockRef block;
};

/// What a verification has read.
struct TableCheck {
  uint64_t blocks = 0;
  uint64_t entries = 0;
  /// Of them, kept apart from their keys.
  uint64_t values = 0;
  /// Of the table and of those values.
  uint64_t bytes = 0;
};

/// What became of a table since somebody last asked.
struct TableUse {
  /// It keeps something in memory.
  bool is_open = false;
  bool was_read = false;
  /// A filter or page that reads need had no room to be held.
  bool lacked_room = false;
};

/// Opens its file at the first read, checks the footer against `meta`, and keeps the index's root and the
/// range deletes in memory from then on. An opening that failed is tried again by the next read.
///
/// Every byte that comes from the disk is checked before it is used: damage is corruption and names the file
/// and the offset. Threads: any number. Blocks: on the disk, unless `cached_only`.
class TableReader {
public:
  /// `keys`: what the table may be encrypted with. Lifetime: `files` and `cache` outlive the reader.
  TableReader(FileSystem& files, std::string path, TableMeta meta, BlockCache& cache, KeyRing keys = {});
  ~TableReader();
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  const TableMeta& meta() const { return meta_; }
  const std::string& path() const { return path_; }

  /// The newest version of `key` at or before `at`. Knows nothing of range deletes. `hash`: filter_hash(key).
  /// A block that the cache does not take lies in `buffer`.
  Result<PointRead> get(ByteView key, uint64_t hash, Timestamp at, const TableReadOptions& options,
                        BlockBuffer& buffer) const;

  /// Walks the entries; range deletes hide nothing. Lifetime: the reader outlives the cursor.
  std::unique_ptr<Cursor> cursor(const TableReadOptions& options) const;

  /// Null if the table has none, which needs no disk. Lifetime: the reader's.
  Result<const RangeDeletes*> range_deletes(const TableReadOptions& options) const;

  /// Since the last call, which should come from one thread.
  TableUse take_use() const;

  /// Reads every block from the disk, past the cache, and checks that entries are in order, in bounds and as
  /// many as the properties say, and that the index, the filter and the properties agree with them. `check_value` is to read
  /// what an entry refers to.
  using CheckValue = std::function<Status(const ValueRef&)>;
  Result<TableCheck> verify(const CheckValue& check_value = {}) const;

private:
  friend class PointSearch;
  friend class TableCursor;

  Result<const OpenTable*> open(bool cached_only) const;
  const OpenTable* find_open() const { return table_.load(std::memory_order_acquire); }

  // A moment as the file has it, and a commit in the file as it is meant.
  Timestamp in_file(Timestamp moment) const { return {moment.raw - std::min(moment.raw, commit_shift_)}; }
  Timestamp from_file(Timestamp commit) const { return {commit.raw + commit_shift_}; }

  FileSystem& files_;
  const std::string path_;
  const TableMeta meta_;
  const uint64_t commit_shift_;
  BlockCache& cache_;
  const KeyRing keys_;
  // Published once, by whoever opens first, with release; readers acquire. A second opener drops its own.
  mutable std::atomic<const OpenTable*> table_{nullptr};
};

}  // namespace coppice::engine
