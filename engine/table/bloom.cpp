#include "engine/table/bloom.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "engine/base/checksum.hpp"

namespace coppice::engine {

namespace {

constexpr uint32_t kGolden = 0x9e3779b9;
constexpr size_t kLinesMax = UINT32_MAX - kFilterPartSize / kFilterLineSize;

// What one of so many halvings of the rate takes.
struct Shape {
  double bits_per_key;
  uint32_t bits_set;
};

// By the paper's sum over how many keys may lie in a line. One or two bits fewer are set than would need the least
// room, where that costs no more than 2 % of it: keys that are there pay for every one.
constexpr Shape kShapes[] = {
    {0, 1},      {1.44, 1},   {2.89, 2},   {4.35, 3},   {5.82, 4},   {7.43, 4},   {8.94, 5},
    {10.50, 6},  {12.12, 7},  {13.97, 7},  {15.68, 8},  {17.47, 9},  {19.58, 9},  {21.52, 10},
    {23.88, 10}, {25.98, 11}, {28.22, 12}, {30.93, 12}, {33.40, 13}, {36.44, 13}, {39.18, 14},
};
constexpr double kShapeLast = std::size(kShapes) - 1;

}  // namespace

BloomBuilder::BloomBuilder(double false_positive_rate) {
  if (!(false_positive_rate > 0 && false_positive_rate < 1)) return;
  const double halvings = std::min(-std::log2(false_positive_rate), kShapeLast);
  const auto above = static_cast<size_t>(std::ceil(halvings));
  const Shape& more = kShapes[above];
  const Shape& less = kShapes[above - 1];
  const double part = halvings - static_cast<double>(above - 1);
  bits_per_key_ = less.bits_per_key + (more.bits_per_key - less.bits_per_key) * part;
  bits_set_ = part < 0.5 ? less.bits_set : more.bits_set;
}

void BloomBuilder::add(uint64_t hash) {
  if (bits_set_ > 0) hashes_.push_back(hash);
}

size_t BloomBuilder::line_count() const {
  constexpr size_t kPartLines = kFilterPartSize / kFilterLineSize;
  constexpr size_t kWholeLinesMax = kFilterWholeSizeMax / kFilterLineSize;
  const double bits = static_cast<double>(hashes_.size()) * bits_per_key_;
  const double lines = std::ceil(bits / (8 * kFilterLineSize));
  const size_t count =
      lines < double{kLinesMax} ? std::max<size_t>(1, static_cast<size_t>(lines)) : kLinesMax;
  if (count <= kWholeLinesMax) return count;
  return (count + kPartLines - 1) / kPartLines * kPartLines;
}

size_t BloomBuilder::size() const { return hashes_.empty() ? 0 : line_count() * kFilterLineSize + 1; }

Bytes BloomBuilder::finish() const {
  if (hashes_.empty()) return {};
  const size_t lines = line_count();
  Bytes payload(size(), '\0');
  for (const uint64_t hash : hashes_) {
    char* line = payload.data() + filter_line_of(hash, lines) * kFilterLineSize;
    auto probe = static_cast<uint32_t>(hash);
    for (uint32_t i = 0; i < bits_set_; ++i, probe *= kGolden) {
      const uint32_t bit = probe >> 23;
      line[bit / 8] = static_cast<char>(line[bit / 8] | (1 << (bit % 8)));
    }
  }
  payload.back() = static_cast<char>(bits_set_);
  return payload;
}

bool filter_valid(ByteView payload) {
  if (payload.size() <= kFilterLineSize || payload.size() % kFilterLineSize != 1) return false;
  const auto count = static_cast<unsigned char>(payload.back());
  return count >= 1 && count <= kFilterBitsSetMax;
}

void filter_prefetch(ByteView payload, uint64_t hash) {
  __builtin_prefetch(payload.data() +
                     filter_line_of(hash, payload.size() / kFilterLineSize) * kFilterLineSize);
}

bool filter_line_may_contain(const char* line, uint32_t bits_set, uint64_t hash) {
  auto probe = static_cast<uint32_t>(hash);
  for (uint32_t i = 0; i < bits_set; ++i, probe *= kGolden) {
    const uint32_t bit = probe >> 23;
    if ((line[bit / 8] & (1 << (bit % 8))) == 0) return false;
  }
  return true;
}

bool filter_may_contain(ByteView payload, uint64_t hash) {
  const size_t line = filter_line_of(hash, payload.size() / kFilterLineSize);
  return filter_line_may_contain(payload.data() + line * kFilterLineSize,
                                 static_cast<unsigned char>(payload.back()), hash);
}

}  // namespace coppice::engine
