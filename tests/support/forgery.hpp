// Files with content that nobody wrote, and checksums that are right.
#pragma once

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/table_format.hpp"

namespace coppice::engine {

/// Gives a block the checksum of what it holds now. Requires: `handle` lies in `file`.
inline void mend_block(Bytes& file, uint64_t unique_id, const BlockHandle& handle) {
  const size_t end = handle.offset + handle.size + 1;
  store_fixed<uint64_t>(file.data() + end, checksum(ByteView(file).substr(handle.offset, end - handle.offset),
                                                    block_seed(unique_id, handle.offset)));
}

/// Of a table that is whole.
inline Footer footer_of(ByteView file) {
  return *decode_footer(file.substr(file.size() - kFooterSize), file.size());
}

/// Replaces `from` by as many other bytes, once, in the first block. Requires: it is there, and the block is not compressed.
inline void forge_first_block(Bytes& file, ByteView from, ByteView to) {
  COPPICE_CHECK(from.size() == to.size());
  const size_t at = file.find(from);
  COPPICE_CHECK(at != Bytes::npos);
  file.replace(at, to.size(), to);
  const Footer footer = footer_of(file);
  // The index of a table with one data block lies right behind it.
  COPPICE_CHECK(footer.height == 1 && at < footer.root.offset);
  mend_block(file, footer.unique_id, {0, static_cast<uint32_t>(footer.root.offset - kBlockTrailerSize)});
}

}  // namespace coppice::engine
