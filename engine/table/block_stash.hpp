// The blocks that reads of several keys wait for, read from the disk at once.
#pragma once

#include <vector>

#include "engine/io/file.hpp"
#include "engine/table/block_view.hpp"
#include "engine/table/open_table.hpp"

namespace coppice::engine {

/// A search that meets a block that is not in memory notes it here and ends with would_block. When all searches have come so
/// far, read() brings all that was noted at once, and the searches begin anew:
///
///     search 1   ... want(a), would_block           ... a ... found
///     search 2   ... found
///     search 3   ... want(b), would_block           ... b ... want(c), would_block   ...
///                                          read(a, b)                         read(c)
///
/// Each round brings every waiting search one block further, so there are as many as blocks on the longest way.
///
/// Lifetime: the tables and the cache outlive it. Threads: one.
class BlockStash {
public:
  /// Of what it reads, in bytes of the file.
  static constexpr uint64_t kSizeMax = 8 << 20;

  /// A block that was read here. Nothing: it was not. Lifetime: the stash's.
  ByteView find(const OpenTable& table, const BlockHandle& handle) const;
  /// False: it would be too much; the caller reads it alone.
  bool want(const OpenTable& table, const BlockHandle& handle, BlockKind kind);
  /// What is wanted; counts it in `work`. The first error of a block, which names its file, is that of all. Blocks: on the
  /// disk.
  Status read(ReadWork& work);

private:
  struct Place {
    const OpenTable* table = nullptr;
    BlockHandle handle;
    BlockKind kind = BlockKind::data;
    BlockRef block;
  };

  Status take(Place& place, Block stored);

  std::vector<Place> wanted_;
  std::vector<Place> places_;
  uint64_t size_ = 0;
};

}  // namespace coppice::engine
