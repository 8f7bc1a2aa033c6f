#include "engine/table/compression.hpp"

#include <vector>

#include <lz4.h>
#include <zdict.h>
#include <zstd.h>

#include "engine/base/coding.hpp"

namespace coppice::engine {

namespace {

// Fast enough that a merge is not held up; higher levels gain little on blocks of a few KiB.
constexpr int kZstdLevel = 1;

// What zstd works in. To make one takes four times as long as a block, so each thread keeps its own.
template <class Context, Context* make(), size_t free(Context*)>
Context* context_of_thread() {
  struct Free {
    void operator()(Context* context) const { free(context); }
  };
  thread_local const std::unique_ptr<Context, Free> context(make());
  COPPICE_CHECK(context != nullptr);
  return context.get();
}
ZSTD_CCtx* compressing() { return context_of_thread<ZSTD_CCtx, ZSTD_createCCtx, ZSTD_freeCCtx>(); }
ZSTD_DCtx* decompressing() { return context_of_thread<ZSTD_DCtx, ZSTD_createDCtx, ZSTD_freeDCtx>(); }

size_t or_zero(size_t size) { return ZSTD_isError(size) != 0 ? 0 : size; }

// Both return 0 on failure.
size_t compress_bytes(Compression compression, ByteView source, char* target, size_t room,
                      const TrainedDictionary* dictionary) {
  switch (compression) {
    case Compression::none:
      break;
    case Compression::lz4:
      return static_cast<size_t>(LZ4_compress_default(source.data(), target, static_cast<int>(source.size()),
                                                      static_cast<int>(room)));
    case Compression::zstd:
      return or_zero(
          ZSTD_compressCCtx(compressing(), target, room, source.data(), source.size(), kZstdLevel));
    case Compression::zstd_dictionary:
      return or_zero(ZSTD_compress_usingCDict(compressing(), target, room, source.data(), source.size(),
                                              dictionary->digested()));
  }
  return 0;
}

size_t decompress_bytes(Compression compression, ByteView source, char* target, size_t room,
                        const Dictionary* dictionary) {
  switch (compression) {
    case Compression::none:
      break;
    case Compression::lz4: {
      const int size =
          LZ4_decompress_safe(source.data(), target, static_cast<int>(source.size()), static_cast<int>(room));
      return size < 0 ? 0 : static_cast<size_t>(size);
    }
    case Compression::zstd:
      return or_zero(ZSTD_decompressDCtx(decompressing(), target, room, source.data(), source.size()));
    case Compression::zstd_dictionary:
      if (dictionary == nullptr) return 0;
      return or_zero(ZSTD_decompress_usingDDict(decompressing(), target, room, source.data(), source.size(),
                                                dictionary->digested()));
  }
  return 0;
}

// Of these blocks, as they would be stored.
size_t stored_size_of(std::span<const Bytes> blocks, const TrainedDictionary* dictionary) {
  size_t size = 0;
  Bytes target;
  for (const Bytes& block : blocks)
    size += compress(dictionary == nullptr ? Compression::zstd : Compression::zstd_dictionary, block, target,
                     dictionary)
                ? target.size()
                : block.size();
  return size;
}

}  // namespace

std::shared_ptr<const Dictionary> Dictionary::open(ByteView bytes) {
  // zstd would take anything else for the content of a dictionary without tables.
  if (ZDICT_getDictID(bytes.data(), bytes.size()) == 0) return nullptr;
  ZSTD_DDict* const digested = ZSTD_createDDict(bytes.data(), bytes.size());
  return digested == nullptr ? nullptr : std::shared_ptr<const Dictionary>(new Dictionary(digested));
}
Dictionary::~Dictionary() { ZSTD_freeDDict(digested_); }
size_t Dictionary::size() const { return sizeof(*this) + ZSTD_sizeof_DDict(digested_); }

std::unique_ptr<const TrainedDictionary> TrainedDictionary::train(std::span<const Bytes> blocks) {
  Bytes samples;
  std::vector<size_t> sizes;
  for (const Bytes& block : blocks) {
    samples += block;
    sizes.push_back(block.size());
  }
  if (samples.size() < kDictionarySampleSizeMin) return nullptr;
  Bytes bytes(kDictionarySize, '\0');
  const size_t size = ZDICT_trainFromBuffer(bytes.data(), bytes.size(), samples.data(), sizes.data(),
                                            static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size) != 0) return nullptr;
  bytes.resize(size);
  ZSTD_CDict* const digested = ZSTD_createCDict(bytes.data(), bytes.size(), kZstdLevel);
  if (digested == nullptr) return nullptr;
  std::unique_ptr<const TrainedDictionary> trained(new TrainedDictionary(std::move(bytes), digested));

  constexpr size_t kTried = 32;
  constexpr size_t kGainMin = 30;
  const std::span<const Bytes> tried = blocks.last(std::min(kTried, blocks.size()));
  const size_t without = stored_size_of(tried, nullptr);
  return stored_size_of(tried, trained.get()) < without - without / kGainMin ? std::move(trained) : nullptr;
}
TrainedDictionary::~TrainedDictionary() { ZSTD_freeCDict(digested_); }

bool compress(Compression compression, ByteView payload, Bytes& target, const TrainedDictionary* dictionary) {
  COPPICE_CHECK(compression != Compression::none);
  COPPICE_CHECK((compression == Compression::zstd_dictionary) == (dictionary != nullptr));
  COPPICE_CHECK(payload.size() <= LZ4_MAX_INPUT_SIZE);
  const size_t room = payload.size() - payload.size() / 8;
  if (room <= sizeof(uint32_t)) return false;
  target.resize(room);
  store_fixed<uint32_t>(target.data(), static_cast<uint32_t>(payload.size()));
  const size_t size = compress_bytes(compression, payload, target.data() + sizeof(uint32_t),
                                     room - sizeof(uint32_t), dictionary);
  if (size == 0) return false;
  target.resize(sizeof(uint32_t) + size);
  return true;
}

Block decompress(Compression compression, ByteView stored, size_t size_max, const Dictionary* dictionary) {
  COPPICE_CHECK(compression != Compression::none);
  const auto size = take_fixed<uint32_t>(stored);
  if (!size || *size == 0 || *size > size_max || stored.size() > LZ4_MAX_INPUT_SIZE) return {};
  Block block{std::make_unique_for_overwrite<char[]>(*size), *size};
  if (decompress_bytes(compression, stored, block.bytes.get(), block.size, dictionary) != block.size)
    return {};
  return block;
}

}  // namespace coppice::engine
