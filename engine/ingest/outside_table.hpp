// A table that was built outside of any tree, by whoever: read, and believed only once all of it has been.
#pragma once

#include <string>

#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/table/table_meta.hpp"

namespace coppice::engine {

struct OutsideTable {
  std::string path;
  /// Its commits are kOutsideCommit, and it has no number.
  TableMeta meta;
};

/// What the file says of itself; whether that is so, check_outside_table() tells. invalid_argument: it is a table of a tree, or
/// encrypted with a key that is not among `keys`, or plain where new files are encrypted; corruption: it is damaged, or no table;
/// unsupported: a newer format. Blocks: on the disk.
Result<OutsideTable> read_outside_table(FileSystem& files, const std::string& path, const KeyRing& keys);

/// Syncs the file, and reads all of it: every checksum, the order, the limits of keys and values, and that it is as SortedFileWriter
/// writes it. After success the file may be a tree's. corruption names the file and the offset. `cache` is charged, and given
/// nothing. io_error: the file may be on the disk in part, whatever a later sync says. Blocks: on the disk, for long.
Status check_outside_table(FileSystem& files, const OutsideTable& table, BlockCache& cache,
                           const KeyRing& keys);

}  // namespace coppice::engine
