// Makes blocks smaller, and never larger than promised again.
#pragma once

#include <memory>
#include <span>

#include "engine/options.hpp"
#include "engine/table/block_cache.hpp"
#include "schema/types.hpp"

struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

namespace coppice::engine {

/// What the blocks of a table have in common, so that none has to say it: zstd finds in 4 KiB little that repeats. With one,
/// records of packages shrank 3.54 times instead of 2.83, rows of JSON 4.57 instead of 3.90.
///
/// Larger dictionaries and samples gain up to 6 % more on these. It is a small one, as every open table keeps it in
/// memory, of a small sample, as to train it takes about a tenth of a second a table.
/// Source: zstd's own trainer.
inline constexpr size_t kDictionarySize = 8 << 10;
inline constexpr size_t kDictionarySampleSize = 256 << 10;
/// Of a smaller sample none is made.
inline constexpr size_t kDictionarySampleSizeMin = 64 << 10;

/// As a table's blocks are read with. Frozen. Threads: any number.
class Dictionary {
public:
  /// Nullptr: `bytes` are no dictionary.
  static std::shared_ptr<const Dictionary> open(ByteView bytes);
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  /// Memory.
  size_t size() const;
  const ZSTD_DDict_s* digested() const { return digested_; }

private:
  explicit Dictionary(ZSTD_DDict_s* digested) : digested_(digested) {}
  ZSTD_DDict_s* const digested_;
};

/// As a table's blocks are written with.
class TrainedDictionary {
public:
  /// Of the first blocks of a table. Nullptr: they are too few, or would gain less than a thirtieth.
  static std::unique_ptr<const TrainedDictionary> train(std::span<const Bytes> blocks);
  ~TrainedDictionary();
  TrainedDictionary(const TrainedDictionary&) = delete;
  TrainedDictionary& operator=(const TrainedDictionary&) = delete;

  /// For Dictionary::open().
  ByteView bytes() const { return bytes_; }
  const ZSTD_CDict_s* digested() const { return digested_; }

private:
  TrainedDictionary(Bytes bytes, ZSTD_CDict_s* digested) : bytes_(std::move(bytes)), digested_(digested) {}
  const Bytes bytes_;
  ZSTD_CDict_s* const digested_;
};

/// Fills `target` with the size of `payload` as a u32 and its compressed bytes. False if that would save less than
/// an eighth: then store the payload itself. Requires: `compression` is lz4, zstd, or with a dictionary zstd_dictionary.
bool compress(Compression compression, ByteView payload, Bytes& target,
              const TrainedDictionary* dictionary = nullptr);

/// The payload that `stored` was made of; nothing if `stored` is nothing that compress() makes, with that dictionary, or claims
/// to hold more than `size_max` bytes, which are never allocated then. Requires: `compression` is not none.
Block decompress(Compression compression, ByteView stored, size_t size_max,
                 const Dictionary* dictionary = nullptr);

}  // namespace coppice::engine
