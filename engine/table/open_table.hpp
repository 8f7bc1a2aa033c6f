// A table's file, open and checked, with what every read of it needs.
#pragma once

#include <memory>
#include <string>

#include "engine/memory/range_deletes.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

/// Frozen once open.
struct OpenTable {
  std::unique_ptr<RandomFile> file;
  Footer footer;
  /// Every search begins with it. Empty if the table has no entries.
  Block root;
  RangeDeletes range_deletes;

  /// corruption unless the footer, the root and the range deletes are valid and the file is the one that `meta`
  /// describes. Blocks: on the disk.
  static Result<std::unique_ptr<const OpenTable>> open(FileSystem& files, const std::string& path,
                                                       const TableMeta& meta);

  /// From the cache or the disk. Blocks: on the disk, unless options.cached_only.
  Result<BlockRef> read(const BlockHandle& handle, BlockCache& cache, const TableReadOptions& options) const;

  /// The child that an index entry names. Nothing: the entry is damaged.
  std::optional<BlockHandle> child(const Entry& entry) const;
};

}  // namespace coppice::engine
