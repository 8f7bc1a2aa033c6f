// Finds one key in one table, in steps.
#pragma once

#include "engine/table/block_io.hpp"
#include "engine/table/open_table.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

/// What a search waits for is memory: it learns from one place where the next is. Several searches that take each step
/// together wait for all of their places at once:
///
///     ask_filter   pass   ask_page   place   ask_entry   read
///
/// The ask_ steps only begin to load what the next one looks at; who searches for one key leaves them out. A step that
/// answers would_block may be taken again from pass() on.
///
/// Blocks: on the disk, unless options.cached_only or options.stash. corruption names the file and offset.
/// Lifetime: table and key outlive it. Threads: one.
class PointSearch {
public:
  PointSearch() = default;
  /// The newest version of `key` at or before `at`. `hash`: filter_hash(key).
  PointSearch(const TableReader& reader, ByteView key, uint64_t hash, Timestamp at)
      : reader_(&reader), target_{key, reader.in_file(at)}, hash_(hash) {}

  void ask_filter() const;
  /// False: the table has no such version, for certain.
  Result<bool> pass(const TableReadOptions& options);
  /// This and what follows require: the step before succeeded, and said true.
  void ask_page() const;
  /// Comes to the data block that the key has its place in; the cache begins to load what it has there. False: there is none.
  Result<bool> place(const TableReadOptions& options, BlockBuffer& buffer);
  void ask_entry();
  /// A block that the cache does not take lies in `buffer`.
  Result<PointRead> read(const TableReadOptions& options, BlockBuffer& buffer);

private:
  Error senseless(const BlockHandle& handle) const;

  const TableReader* reader_ = nullptr;
  Position target_;
  uint64_t hash_ = 0;
  const OpenTable* table_ = nullptr;
  uint32_t root_index_ = 0;
  // The data block.
  BlockHandle handle_;
  BlockHint* hint_ = nullptr;
  BlockRef block_;
};

}  // namespace coppice::engine
