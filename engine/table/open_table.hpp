// A table's file, open and checked, with what every read of it needs.
#pragma once

#include <memory>
#include <string>

#include "engine/memory/range_deletes.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/block_view.hpp"
#include "engine/table/held_blocks.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

/// Frozen once open, but for the blocks that it comes to hold.
struct OpenTable {
  explicit OpenTable(BlockCache& with) : cache(with) {}

  BlockCache& cache;
  std::unique_ptr<RandomFile> file;
  Footer footer;
  /// Every search begins with it. Empty if the table has no entries.
  Block root;
  RangeDeletes range_deletes;
  /// The filter, then the pages that the root leads to.
  std::unique_ptr<HeldBlocks> held;

  /// corruption unless the footer, the root and the range deletes are valid and the file is the one that `meta`
  /// describes. Lifetime: `cache` outlives the table. Blocks: on the disk.
  static Result<std::unique_ptr<const OpenTable>> open(FileSystem& files, const std::string& path,
                                                       const TableMeta& meta, BlockCache& cache);

  /// A block of entries, from the cache or the disk; `through` is another way to the same file, or nullptr.
  /// Blocks: on the disk, unless options.cached_only.
  Result<BlockRef> read(const BlockHandle& handle, BlockKind kind, const TableReadOptions& options,
                        const RandomFile* through = nullptr) const;

  /// The filter, if the table holds it already. Lifetime: the table's.
  const Block* find_filter() const;
  /// Child `index` of the root, likewise. Requires: height is at least 2.
  const Block* find_page(uint32_t index) const;

  /// A block that find_ does not find: held from then on, or, if there is no room for that, kept by `block`.
  struct Kept {
    ByteView bytes;
    BlockRef block;
  };
  /// Requires: there is a filter. Blocks: as read().
  Result<Kept> read_filter(const TableReadOptions& options) const;
  /// Requires: as find_page(), and `handle` is the child's. Blocks: as read().
  Result<Kept> read_page(uint32_t index, const BlockHandle& handle, const TableReadOptions& options) const;

  /// The child that the value of an index entry names. Nothing: the entry is damaged.
  std::optional<BlockHandle> child(ByteView value) const;

  /// `block`, read from `handle`, in the format of today. corruption: it makes no sense in its own.
  Result<Block> current(const BlockHandle& handle, BlockKind kind, Block block) const;

private:
  Result<Block> load(const RandomFile& from, const BlockHandle& handle, BlockKind kind) const;
  Error would_block() const;
  Result<Kept> keep(size_t place, const BlockHandle& handle, const TableReadOptions& options,
                    Block block) const;
};

}  // namespace coppice::engine
