// Reads a file of values. The format is in value_format.hpp.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "engine/table/block_io.hpp"
#include "engine/table/table_reader.hpp"
#include "engine/table/value_ref.hpp"
#include "engine/values/value_format.hpp"

namespace coppice::engine {

/// The footer at the end of `file`. corruption names the file and the offset; unsupported: a newer format.
/// Blocks: on the disk.
Result<ValueFooter> read_value_footer(const RandomFile& file);

/// Opens its file at the first read and checks the footer against `meta`. Every byte that comes from the disk is checked before
/// it is used: damage is corruption and names the file and the offset.
///
/// Values of up to kCachedSizeMax bytes go through the block cache, as blocks of tables do. A larger one would push out
/// many blocks for one copy saved: it is read anew each time, and the system's cache is what keeps it.
///
/// Threads: any number. Blocks: on the disk, unless `cached_only`.
class ValueFile {
public:
  static constexpr size_t kCachedSizeMax = 64 << 10;

  /// `keys`: what it may be encrypted with. Lifetime: `files` and `cache` outlive it.
  ValueFile(FileSystem& files, std::string path, const ValueFileMeta& meta, BlockCache& cache,
            KeyRing keys = {});
  ~ValueFile();
  ValueFile(const ValueFile&) = delete;
  ValueFile& operator=(const ValueFile&) = delete;

  const ValueFileMeta& meta() const { return meta_; }
  const std::string& path() const { return path_; }
  FileSystem& files() const { return files_; }

  /// A value. Lifetime: `block`'s, and that of the buffer it was read with.
  struct Kept {
    ByteView bytes;
    BlockRef block;
  };
  /// The value at `place`. `through` is another way to the same file, or nullptr.
  Result<Kept> read(const BlockHandle& place, const TableReadOptions& options, BlockBuffer& buffer,
                    const RandomFile* through = nullptr) const;

  /// The file itself, for reads that are checked by take(). would_block: it is not open, and may not be opened.
  Result<const RandomFile*> open(bool cached_only) const;
  /// The value, if it is in the block cache; otherwise an empty reference.
  BlockRef find_cached(const BlockHandle& place) const;
  /// Checks what was read from open(): `stored` has stored_size() bytes. The cache gets it, if it wants it.
  Result<BlockRef> take(const BlockHandle& place, Block stored) const;

  /// The file goes with the last handle. Requires: no manifest names it. Threads: the tree's owner.
  void remove_when_unused() const { remove_.store(true, std::memory_order_release); }

private:
  struct Opened {
    std::unique_ptr<const RandomFile> file;
    BlockForm form;
  };

  Result<const Opened*> opened(bool cached_only) const;
  /// What its values have in common, if it is the file that the manifest names.
  Result<BlockForm> check(const RandomFile& file) const;
  BlockKey key(const BlockHandle& place) const { return {meta_.unique_id, place.offset}; }

  FileSystem& files_;
  const std::string path_;
  const ValueFileMeta meta_;
  BlockCache& cache_;
  const KeyRing keys_;
  // Published once, by whoever opens first, with release; readers acquire. A second opener drops its own.
  mutable std::atomic<const Opened*> opened_{nullptr};
  mutable std::atomic<bool> remove_{false};
};

/// Versions and jobs that need a value file each hold one.
using ValueFileHandle = std::shared_ptr<const ValueFile>;

/// One of several values that are read together.
struct ValueRequest {
  const ValueFile* file = nullptr;
  BlockHandle place;
  /// Gets the value.
  Bytes* target = nullptr;
};

/// All of them. What waits for the disk, waits together. The first error is that of all.
/// Requires: the files are of one file system.
Status read_values(std::span<const ValueRequest> requests, const TableReadOptions& options);

}  // namespace coppice::engine
