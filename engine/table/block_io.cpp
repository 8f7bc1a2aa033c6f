#include "engine/table/block_io.hpp"

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/table/compression.hpp"

namespace coppice::engine {

namespace {

// A call into the kernel costs as much as copying some KiB.
constexpr size_t kWriteSize = 64 << 10;
// What may wait in the system to be written to the disk, half of it: some milliseconds of a disk's time.
constexpr uint64_t kWriteBackSize = 2 << 20;

PiecePlace place_of(uint64_t offset, Compression compression) {
  return {offset, static_cast<uint32_t>(compression)};
}

}  // namespace

Result<BlockHandle> BlockWriter::write(ByteView payload, const TrainedDictionary* dictionary) {
  COPPICE_CHECK(payload.size() <= kPayloadSizeMax);
  const Compression compression = dictionary == nullptr ? compression_ : Compression::zstd_dictionary;
  if (compression != Compression::none && compress(compression, payload, compressed_, dictionary))
    return write_stored(compressed_, compression);
  return write_stored(payload, Compression::none);
}

Result<BlockHandle> BlockWriter::write_plain(ByteView payload) {
  COPPICE_CHECK(payload.size() <= kPayloadSizeMax);
  return write_stored(payload, Compression::none);
}

Result<BlockHandle> BlockWriter::write_stored(ByteView stored, Compression compression) {
  COPPICE_CHECK(!stored.empty());
  const size_t begin = waiting_.size();
  if (form_.cipher == nullptr) {
    waiting_.append(stored);
  } else {
    waiting_.resize(begin + stored.size() + kTagSize);
    form_.cipher->seal(place_of(size_, compression), {}, {&stored, 1}, waiting_.data() + begin);
  }
  const BlockHandle handle{size_, static_cast<uint32_t>(waiting_.size() - begin)};
  waiting_.push_back(static_cast<char>(compression));
  const uint64_t sum = checksum(ByteView(waiting_).substr(begin), block_seed(form_.unique_id, handle.offset));
  put_fixed<uint64_t>(waiting_, sum);
  size_ += handle.size + kBlockTrailerSize;
  if (waiting_.size() >= kWriteSize) COPPICE_TRY(flush());
  return handle;
}

void BlockWriter::write_raw(ByteView bytes) {
  waiting_.append(bytes);
  size_ += bytes.size();
}

Status BlockWriter::flush() {
  COPPICE_TRY(file_.append(waiting_));
  waiting_.clear();
  if (size_ - written_back_ < kWriteBackSize) return success();
  written_back_ = size_;
  return file_.write_back();
}

Result<size_t> stored_size(const RandomFile& file, const BlockHandle& handle) {
  const size_t size = size_t{handle.size} + kBlockTrailerSize;
  if (handle.absent() || handle.offset > file.size() || size > file.size() - handle.offset)
    return damage(file.name(), handle.offset, "the index names a block outside of the file");
  return size;
}

namespace {

// A stored payload, checked and in plain.
struct Stored {
  ByteView payload;
  Compression compression;
};

// Checks a stored block and its trailer, and decrypts it where it lies.
Result<Stored> check_stored(const RandomFile& file, const BlockForm& form, const BlockHandle& handle,
                            char* stored) {
  const ByteView checked(stored, size_t{handle.size} + 1);
  if (load_fixed<uint64_t>(checked.data() + checked.size()) !=
      checksum(checked, block_seed(form.unique_id, handle.offset)))
    return damage(file.name(), handle.offset, "the block's checksum is wrong");
  const auto compression = static_cast<Compression>(checked.back());
  switch (compression) {
    case Compression::none:
    case Compression::lz4:
    case Compression::zstd:
    case Compression::zstd_dictionary:
      break;
    default:
      return damage(file.name(), handle.offset, "the block's compression is unknown");
  }
  ByteView payload(stored, handle.size);
  if (form.cipher != nullptr) {
    if (!form.cipher->open(place_of(handle.offset, compression), {}, payload, stored))
      return damage(file.name(), handle.offset, "the block is not what was encrypted here");
    payload.remove_suffix(kTagSize);
  }
  return Stored{payload, compression};
}

Result<Block> decompress_stored(const RandomFile& file, const BlockForm& form, const BlockHandle& handle,
                                const Stored& stored) {
  Block payload = decompress(stored.compression, stored.payload, kPayloadSizeMax, form.dictionary.get());
  if (payload.bytes == nullptr) return damage(file.name(), handle.offset, "the block does not decompress");
  return payload;
}

}  // namespace

Result<Block> open_block(const RandomFile& file, const BlockForm& form, const BlockHandle& handle,
                         Block stored) {
  COPPICE_TRY_ASSIGN(checked, check_stored(file, form, handle, stored.bytes.get()));
  stored.size = checked.payload.size();
  if (checked.compression == Compression::none) return stored;
  return decompress_stored(file, form, handle, checked);
}

Result<Block> read_block(const RandomFile& file, const BlockForm& form, const BlockHandle& handle) {
  COPPICE_TRY_ASSIGN(size, stored_size(file, handle));
  Block stored{std::make_unique_for_overwrite<char[]>(size), size};
  COPPICE_TRY(file.read(handle.offset, size, stored.bytes.get()));
  return open_block(file, form, handle, std::move(stored));
}

Result<ByteView> read_block(const RandomFile& file, const BlockForm& form, const BlockHandle& handle,
                            BlockBuffer& buffer) {
  COPPICE_TRY_ASSIGN(size, stored_size(file, handle));
  char* const room = buffer.room(size);
  COPPICE_TRY(file.read(handle.offset, size, room));
  COPPICE_TRY_ASSIGN(checked, check_stored(file, form, handle, room));
  if (checked.compression == Compression::none) return checked.payload;
  COPPICE_TRY_ASSIGN(block, decompress_stored(file, form, handle, checked));
  return buffer.keep(std::move(block));
}

Error damage(const std::string& file, uint64_t offset, const std::string& what) {
  return {Errc::corruption,
          file + " at " + std::to_string(offset) + ": " + what + "; restore the file, or repair the store"};
}

}  // namespace coppice::engine
