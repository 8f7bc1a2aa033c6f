#include "engine/table/bloom.hpp"

#include <algorithm>
#include <iterator>

#include "engine/base/checksum.hpp"
#include "engine/table/table_format.hpp"

namespace coppice::engine {

namespace {

constexpr uint32_t kGolden = 0x9e3779b9;

size_t line_of(uint64_t hash, size_t line_count) {
  return static_cast<size_t>(((hash >> 32) * static_cast<uint64_t>(line_count)) >> 32);
}

// How a filter is built that was given so many bits a key.
struct Shape {
  /// Room beyond that, in percent, for what lines lose by filling unevenly: see the header.
  uint32_t room_more;
  /// Bits to set a key: what gives the fewest false answers then.
  uint32_t bits_set;
};

// For 1.15 times the ideal, by the paper's sum over how many keys may lie in a line.
constexpr Shape kShapes[] = {
    {0, 0},   {0, 1},   {0, 1},   {0, 2},   {0, 3},   {0, 3},   {0, 4},   {0, 5},   {0, 5},
    {0, 6},   {1, 7},   {2, 7},   {3, 8},   {4, 8},   {6, 9},   {7, 9},   {8, 10},  {10, 11},
    {11, 11}, {13, 12}, {15, 12}, {15, 13}, {15, 13}, {15, 13}, {15, 14}, {15, 14}, {15, 14},
    {15, 14}, {15, 15}, {15, 15}, {15, 15}, {15, 16}, {15, 16},
};
constexpr uint32_t kShapeLast = std::size(kShapes) - 1;

const Shape& shape_of(uint32_t bits_per_key) { return kShapes[std::min(bits_per_key, kShapeLast)]; }

}  // namespace

void BloomBuilder::add(uint64_t hash) {
  if (bits_per_key_ > 0) hashes_.push_back(hash);
}

size_t BloomBuilder::line_count() const {
  constexpr size_t kLinesMax = (kPayloadSizeMax - 1) / kFilterLineSize;
  constexpr size_t kHundredLines = kFilterLineSize * 8 * 100;
  const size_t bits_times_100 = hashes_.size() * bits_per_key_ * (100 + shape_of(bits_per_key_).room_more);
  return std::min((bits_times_100 + kHundredLines - 1) / kHundredLines, kLinesMax);
}

size_t BloomBuilder::size() const { return hashes_.empty() ? 0 : line_count() * kFilterLineSize + 1; }

Bytes BloomBuilder::finish() const {
  if (hashes_.empty()) return {};
  const size_t lines = line_count();
  const uint32_t count = shape_of(bits_per_key_).bits_set;
  Bytes payload(size(), '\0');
  for (const uint64_t hash : hashes_) {
    char* line = payload.data() + line_of(hash, lines) * kFilterLineSize;
    auto probe = static_cast<uint32_t>(hash);
    for (uint32_t i = 0; i < count; ++i, probe *= kGolden) {
      const uint32_t bit = probe >> 23;
      line[bit / 8] = static_cast<char>(line[bit / 8] | (1 << (bit % 8)));
    }
  }
  payload.back() = static_cast<char>(count);
  return payload;
}

bool filter_valid(ByteView payload) {
  if (payload.size() <= kFilterLineSize || payload.size() % kFilterLineSize != 1) return false;
  const auto count = static_cast<unsigned char>(payload.back());
  return count >= 1 && count <= kFilterBitsSetMax;
}

void filter_prefetch(ByteView payload, uint64_t hash) {
  __builtin_prefetch(payload.data() + line_of(hash, payload.size() / kFilterLineSize) * kFilterLineSize);
}

bool filter_may_contain(ByteView payload, uint64_t hash) {
  const char* line = payload.data() + line_of(hash, payload.size() / kFilterLineSize) * kFilterLineSize;
  const uint32_t count = static_cast<unsigned char>(payload.back());
  auto probe = static_cast<uint32_t>(hash);
  for (uint32_t i = 0; i < count; ++i, probe *= kGolden) {
    const uint32_t bit = probe >> 23;
    if ((line[bit / 8] & (1 << (bit % 8))) == 0) return false;
  }
  return true;
}

}  // namespace coppice::engine
