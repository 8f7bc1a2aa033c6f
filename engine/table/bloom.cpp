#include "engine/table/bloom.hpp"

#include <algorithm>

#include "engine/base/checksum.hpp"
#include "engine/table/table_format.hpp"

namespace coppice::engine {

namespace {

constexpr uint32_t kGolden = 0x9e3779b9;

size_t line_of(uint64_t hash, size_t line_count) {
  return static_cast<size_t>(((hash >> 32) * static_cast<uint64_t>(line_count)) >> 32);
}

// How many bits to set a key: what gives the fewest false answers in one line, which is fewer than in theory, as
// lines fill unevenly.
uint32_t bits_set(uint32_t bits_per_key) {
  return std::clamp(bits_per_key * 3 / 5, uint32_t{1}, kFilterBitsSetMax);
}

}  // namespace

uint64_t filter_hash(ByteView key) { return checksum(key, 0); }

void BloomBuilder::add(uint64_t hash) {
  if (bits_per_key_ > 0) hashes_.push_back(hash);
}

size_t BloomBuilder::line_count() const {
  constexpr size_t kLinesMax = (kPayloadSizeMax - 1) / kFilterLineSize;
  constexpr size_t kLineBits = kFilterLineSize * 8;
  return std::min((hashes_.size() * bits_per_key_ + kLineBits - 1) / kLineBits, kLinesMax);
}

size_t BloomBuilder::size() const { return hashes_.empty() ? 0 : line_count() * kFilterLineSize + 1; }

Bytes BloomBuilder::finish() const {
  if (hashes_.empty()) return {};
  const size_t lines = line_count();
  const uint32_t count = bits_set(bits_per_key_);
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
