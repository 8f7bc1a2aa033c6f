// What a get will wait for in memory, asked for ahead.
#pragma once

#include "engine/table/block_view.hpp"
#include "engine/table/table_format.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

/// A get of one key goes from one place in memory to the next, and waits at each. Of several keys, each of the steps below
/// for all of them before the next step lets these waits pass at once; the gets that follow find what they look at near.
/// Nothing here answers anything, fails, or touches the disk: what is not in memory is left to the get.
///
/// Lifetime: the table and the key outlive it. Threads: any; one object, one at a time.
/// Source: Chen, Ailamaki, Gibbons, Mowry, "Improving Hash Join Performance through Prefetching" (group prefetching).
class PointAhead {
public:
  /// The filter's line.
  static void ask_filter(const TableReader& table, uint64_t hash);

  /// Down to the index page, if the filter lets the key pass; whether it did. `hash`: filter_hash(key).
  bool begin(const TableReader& table, ByteView key, uint64_t hash, Timestamp at);
  /// The place of the block, in the cache. Each of these does nothing where the one before found nothing.
  void ask_place();
  /// The block's first lines, or all of it where the cache does not have it.
  void ask_block();

private:
  bool descend(ByteView payload, uint32_t& index);

  const OpenTable* table_ = nullptr;
  Position target_;
  ByteView page_;
  BlockHandle block_;
};

/// Of a data block's tables and the beginning of its entries, for blocks of the usual size.
void prefetch_front(ByteView block);

}  // namespace coppice::engine
