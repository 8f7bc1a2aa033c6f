// A table's file, open and checked, with what every read of it needs.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "engine/memory/range_deletes.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/block_view.hpp"
#include "engine/table/filter_parts.hpp"
#include "engine/table/held_blocks.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

/// Frozen once open, but for the blocks that it comes to hold. All that it keeps in memory counts in the cache's budget.
struct OpenTable {
  OpenTable(FileSystem& in, BlockCache& with) : files(in), cache(with) {}
  ~OpenTable() { cache.unreserve(charged); }
  OpenTable(const OpenTable&) = delete;
  OpenTable& operator=(const OpenTable&) = delete;

  FileSystem& files;
  BlockCache& cache;
  std::unique_ptr<RandomFile> file;
  Footer footer;
  BlockForm form;
  /// Tells the blocks apart in the cache.
  uint64_t cache_id = 0;
  /// The blocks lie before it, the footer behind.
  uint64_t blocks_end = 0;
  /// Every search begins with it. Empty if the table has no entries.
  HeldBlock root;
  RangeDeletes range_deletes;
  /// Of a filter that is stored in parts.
  FilterParts filter_parts;
  /// The filter, then the pages that the root leads to, then the parts of a filter that is stored so.
  std::unique_ptr<HeldBlocks> held;
  /// Bytes of memory, without what `held` counts.
  size_t charged = 0;
  /// Since somebody last looked: a read came, and a block had no room to be held.
  mutable std::atomic<bool> was_read{true};
  mutable std::atomic<bool> lacked_room{false};

  /// corruption unless the footer, the root and the range deletes are valid and the file is the one that `meta`
  /// describes; invalid_argument if it is encrypted with a key that is not among `keys`. Lifetime: `cache` outlives the table. Blocks: on the disk.
  static Result<std::unique_ptr<const OpenTable>> open(FileSystem& files, const std::string& path,
                                                       const TableMeta& meta, BlockCache& cache,
                                                       const KeyRing& keys = {});

  /// A block of entries, from the cache or the disk; `through` is another way to the same file, or nullptr.
  /// Blocks: on the disk, unless options.cached_only.
  Result<BlockRef> read(const BlockHandle& handle, BlockKind kind, const TableReadOptions& options,
                        const RandomFile* through = nullptr) const;

  /// What says whether the key with this hash may be here: the filter, or a part of it, if the table holds it already.
  /// Lifetime: the table's. Requires: there is a filter.
  const HeldBlock* find_filter(uint64_t hash) const { return held->find(filter_place(hash)); }
  /// What that says.
  bool may_contain(ByteView filter, uint64_t hash) const {
    return filter_parts.count == 0 ? filter_may_contain(filter, hash)
                                   : filter_parts.may_contain(filter, hash);
  }
  /// Begins to load what may_contain() will look at.
  void prefetch_filter(ByteView filter, uint64_t hash) const;
  /// Child `index` of the root, likewise. Requires: height is at least 2.
  const HeldBlock* find_page(uint32_t index) const;

  /// A block, kept by whatever keeps it: the table, `block`, or the buffer that it was read into.
  struct Kept {
    ByteView bytes;
    BlockRef block;
  };
  /// As read(), but what the cache does not take is read into `buffer`, which costs no allocation. What would wait for the
  /// disk, options.stash reads: would_block until it has. `hint`: of this block, or nullptr.
  Result<Kept> read(const BlockHandle& handle, BlockKind kind, const TableReadOptions& options,
                    BlockBuffer& buffer, BlockHint* hint) const;

  // The following read what find_ does not find; from then on it does, if there is room for that.
  /// Requires: there is a filter. Blocks: as read().
  Result<Kept> read_filter(uint64_t hash, const TableReadOptions& options) const;
  /// Requires: as find_page(), and `handle` is the child's. Blocks: as read().
  Result<Kept> read_page(uint32_t index, const BlockHandle& handle, const TableReadOptions& options) const;

  /// The child that the value of an index entry names. Nothing: the entry is damaged.
  std::optional<BlockHandle> child(ByteView value) const;

  /// `block`, read from `handle`, in the format of today. corruption: it makes no sense in its own.
  Result<Block> current(const BlockHandle& handle, BlockKind kind, Block block) const;
  /// A block just read: into the cache, if it is wanted there.
  BlockRef offer(const BlockHandle& handle, BlockKind kind, Block block) const;

private:
  Status open_entries();
  static constexpr size_t kFilterPlace = 0;
  static constexpr size_t kFirstPagePlace = 1;
  size_t filter_place(uint64_t hash) const {
    if (filter_parts.count == 0) return kFilterPlace;
    return held->count() - filter_parts.count + filter_parts.part_of(hash);
  }
  bool is_page(size_t place) const {
    return place >= kFirstPagePlace && place < held->count() - filter_parts.count;
  }
  bool is_filter(ByteView bytes) const;
  Result<Block> load(const RandomFile& from, const BlockHandle& handle, BlockKind kind) const;
  bool is_wanted(const BlockKey& key, BlockKind kind, const TableReadOptions& options) const;
  Error would_block() const;
  void charge();
  std::optional<Kept> find_cached(size_t place, const BlockHandle& handle,
                                  const TableReadOptions& options) const;
  const HeldBlock* hold(size_t place, Block& block) const;
  Result<Kept> keep(size_t place, const BlockHandle& handle, const TableReadOptions& options,
                    Block block) const;
};

/// Raises a flag that many threads raise and few lower, without taking its cache line from those that find it raised.
inline void note(std::atomic<bool>& flag) {
  if (!flag.load(std::memory_order_relaxed)) flag.store(true, std::memory_order_relaxed);
}

}  // namespace coppice::engine
