// Blocks to and from a file: their trailers, and how they are compressed. The layout is in table_format.hpp.
#pragma once

#include <memory>

#include "engine/io/file.hpp"
#include "engine/options.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/table/table_format.hpp"

namespace coppice::engine {

class Dictionary;
class TrainedDictionary;

/// What all blocks of a table have in common.
struct BlockForm {
  /// The table's.
  uint64_t unique_id = 0;
  /// Nullptr: they are not encrypted.
  std::shared_ptr<const Cipher> cipher = nullptr;
  /// Of those that are compressed with one; nullptr: the table has none.
  std::shared_ptr<const Dictionary> dictionary = nullptr;
};

/// Appends blocks behind each other, gathering small ones into larger writes.
class BlockWriter {
public:
  /// Requires: `file` is empty. Lifetime: `file` outlives the writer.
  BlockWriter(AppendFile& file, BlockForm form, Compression compression)
      : file_(file), form_(std::move(form)), compression_(compression) {}

  /// Compressed, if that pays, with `dictionary` if there is one. Requires: `payload` has 1 to kPayloadSizeMax bytes; with a
  /// dictionary, compression is zstd.
  Result<BlockHandle> write(ByteView payload, const TrainedDictionary* dictionary = nullptr);
  /// As it is, for what does not compress.
  Result<BlockHandle> write_plain(ByteView payload);
  /// Bytes that are no block: the footer.
  void write_raw(ByteView bytes);
  /// Hands all bytes to the file.
  Status flush();

  /// Of the file, with what waits to be flushed.
  uint64_t size() const { return size_; }

private:
  Result<BlockHandle> write_stored(ByteView stored, Compression compression);

  AppendFile& file_;
  const BlockForm form_;
  const Compression compression_;
  uint64_t size_ = 0;
  uint64_t written_back_ = 0;
  Bytes waiting_;
  Bytes compressed_;
};

/// Reads and checks one block; all conditions of table_format.hpp but the first, which the file's own bounds
/// check. corruption names the file and offset.
/// Blocks: on the disk.
Result<Block> read_block(const RandomFile& file, const BlockForm& form, const BlockHandle& handle);

/// Where a block is read to that is then copied elsewhere: no allocation for those of the usual size.
class BlockBuffer {
public:
  /// At least `size` bytes. Lifetime: until the next call.
  char* room(size_t size) {
    if (size <= sizeof(inline_)) return inline_;
    heap_.bytes = std::make_unique_for_overwrite<char[]>(size);
    return heap_.bytes.get();
  }
  /// Keeps `block` instead. Lifetime: of the view, until the next call.
  ByteView keep(Block block) {
    heap_ = std::move(block);
    return {heap_.bytes.get(), heap_.size};
  }

private:
  char inline_[8192];
  Block heap_;
};

/// The same, into `buffer`. Lifetime: of the view, the buffer's.
Result<ByteView> read_block(const RandomFile& file, const BlockForm& form, const BlockHandle& handle,
                            BlockBuffer& buffer);

/// Of the stored block and its trailer, in bytes. corruption: not inside of the file.
Result<size_t> stored_size(const RandomFile& file, const BlockHandle& handle);
/// The same as read_block, of a block that was read: `stored` has stored_size() bytes.
Result<Block> open_block(const RandomFile& file, const BlockForm& form, const BlockHandle& handle,
                         Block stored);

/// "<file> at <offset>: <what>", as corruption.
Error damage(const std::string& file, uint64_t offset, const std::string& what);

}  // namespace coppice::engine
