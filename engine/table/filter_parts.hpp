// A filter stored in parts, so that a large table's need not be in memory as a whole.
#pragma once

#include <optional>

#include "engine/table/block_io.hpp"
#include "engine/table/bloom.hpp"

namespace coppice::engine {

/// The lines of a bloom filter (see bloom.hpp), kFilterPartSize of them at a time, each part a block of its own. They lie in
/// a row, all of one size, so that a key's hash says where its part is, and no index is searched for it:
///
///     [ part ] [ part ] [ part ] ... [ part ] [ head ]       the footer names the head
///
/// The head: offset u64 of the first part, stored size u32 of each, count u32, bits set per key u8.
///
/// Which part a key is in has nothing to do with its place in the order. Cut by keys, parts would keep those of a few
/// neighbours together, at the price of a search for every question; but a table holds neighbours only, and it is
/// the reader of keys from everywhere whom large filters hurt.
///
/// A head is valid if and only if there is a part, each is stored in kFilterPartSize bytes or more, all with their trailers lie
/// before the footer, and 1 to kFilterBitsSetMax bits are set; a part, if and only if its payload has kFilterPartSize bytes.
struct FilterParts {
  uint64_t offset = 0;
  uint32_t stored_size = 0;
  /// 0: the filter is a whole.
  uint32_t count = 0;
  uint32_t bits_set = 0;

  /// The part that a key with this hash has its bits in. Requires: count > 0.
  uint32_t part_of(uint64_t hash) const {
    return static_cast<uint32_t>(line_of(hash) / (kFilterPartSize / kFilterLineSize));
  }
  /// The key's line in its part.
  const char* line_in(ByteView part, uint64_t hash) const {
    return part.data() + line_of(hash) % (kFilterPartSize / kFilterLineSize) * kFilterLineSize;
  }
  bool may_contain(ByteView part, uint64_t hash) const {
    return filter_line_may_contain(line_in(part, hash), bits_set, hash);
  }
  BlockHandle handle(uint32_t part) const {
    return {offset + uint64_t{part} * (stored_size + kBlockTrailerSize), stored_size};
  }

private:
  size_t line_of(uint64_t hash) const {
    return filter_line_of(hash, size_t{count} * (kFilterPartSize / kFilterLineSize));
  }
};

Bytes encode_filter_head(const FilterParts& parts);
/// Nothing if it is not valid. `blocks_end`: where the footer begins.
std::optional<FilterParts> decode_filter_head(ByteView bytes, uint64_t blocks_end);

/// Writes what BloomBuilder::finish() gave, whole or in parts, and tells `footer`. Requires: it is not empty.
Status write_filter(BlockWriter& writer, ByteView filter, Footer& footer);

}  // namespace coppice::engine
