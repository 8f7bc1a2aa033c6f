// Builds the index of a table, a B+ tree of pages, while the table is being written.
#pragma once

#include <memory>
#include <vector>

#include "engine/table/block_builder.hpp"
#include "engine/table/block_io.hpp"

namespace coppice::engine {

/// One page of each level is open. A page that is full is written and its handle goes to the level above, so the
/// tree grows at its top, to any height, and holds one page a level in memory.
///
///     level 2                      [ k4 | k9 ...                    the root, written by finish()
///     level 1        [ k2 | k4 ]  [ k7 | k9 ]  [ k11 ...            open
///     data      [..k2] [..k4] [..k7] [..k9] [..k11]                 written
class IndexBuilder {
public:
  /// Pages are closed at `page_size` bytes. Lifetime: `writer` outlives the builder.
  IndexBuilder(BlockWriter& writer, size_t page_size) : writer_(writer), page_size_(page_size) {}

  /// Of a data block: `separator` is no smaller than its last position, smaller than the next block's first.
  /// Requires: separators ascend.
  Status add(const Position& separator, const BlockHandle& block);

  struct Root {
    BlockHandle page;
    uint32_t height = 0;
  };
  /// Writes the open pages. Without blocks: an absent page, height 0.
  Result<Root> finish();

  /// Of the open pages.
  size_t size() const;

private:
  struct Level {
    BlockBuilder page;
    // The last separator in `page`: the page's own, one level up.
    Bytes last_key;
    Timestamp last_commit;
  };

  Status add_to(size_t level, const Position& separator, const BlockHandle& child);
  Result<BlockHandle> write_page(Level& level);

  BlockWriter& writer_;
  const size_t page_size_;
  std::vector<std::unique_ptr<Level>> levels_;
};

/// A position at or after `last` and before `next`, with a short key: index pages keep no more of a key than tells
/// their children apart. Its key is that of an entry only if it is `last` itself.
/// Requires: `last` before `next`. Lifetime: of the views given.
Position separator(const Position& last, const Position& next);

}  // namespace coppice::engine
