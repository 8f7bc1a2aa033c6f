#include "engine/table/compression.hpp"

#include <lz4.h>
#include <zstd.h>

#include "engine/base/coding.hpp"

namespace coppice::engine {

namespace {

// Fast enough that a merge is not held up; higher levels gain little on blocks of a few KiB.
constexpr int kZstdLevel = 1;

// Both return 0 on failure.
size_t compress_bytes(Compression compression, ByteView source, char* target, size_t room) {
  if (compression == Compression::lz4)
    return static_cast<size_t>(
        LZ4_compress_default(source.data(), target, static_cast<int>(source.size()), static_cast<int>(room)));
  const size_t size = ZSTD_compress(target, room, source.data(), source.size(), kZstdLevel);
  return ZSTD_isError(size) != 0 ? 0 : size;
}

size_t decompress_bytes(Compression compression, ByteView source, char* target, size_t room) {
  if (compression == Compression::lz4) {
    const int size =
        LZ4_decompress_safe(source.data(), target, static_cast<int>(source.size()), static_cast<int>(room));
    return size < 0 ? 0 : static_cast<size_t>(size);
  }
  const size_t size = ZSTD_decompress(target, room, source.data(), source.size());
  return ZSTD_isError(size) != 0 ? 0 : size;
}

}  // namespace

bool compress(Compression compression, ByteView payload, Bytes& target) {
  COPPICE_CHECK(compression != Compression::none);
  COPPICE_CHECK(payload.size() <= LZ4_MAX_INPUT_SIZE);
  const size_t room = payload.size() - payload.size() / 8;
  if (room <= sizeof(uint32_t)) return false;
  target.resize(room);
  store_fixed<uint32_t>(target.data(), static_cast<uint32_t>(payload.size()));
  const size_t size =
      compress_bytes(compression, payload, target.data() + sizeof(uint32_t), room - sizeof(uint32_t));
  if (size == 0) return false;
  target.resize(sizeof(uint32_t) + size);
  return true;
}

Block decompress(Compression compression, ByteView stored, size_t size_max) {
  COPPICE_CHECK(compression != Compression::none);
  const auto size = take_fixed<uint32_t>(stored);
  if (!size || *size == 0 || *size > size_max || stored.size() > LZ4_MAX_INPUT_SIZE) return {};
  Block block{std::make_unique_for_overwrite<char[]>(*size), *size};
  if (decompress_bytes(compression, stored, block.bytes.get(), block.size) != block.size) return {};
  return block;
}

}  // namespace coppice::engine
