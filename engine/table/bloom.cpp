#include "engine/table/bloom.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "engine/base/checksum.hpp"

namespace coppice::engine {

namespace {

// The powers of the golden ratio.
constexpr auto kFactors = []() {
  std::array<uint32_t, kFilterBitsSetMax> factors{1};
  for (size_t i = 1; i < factors.size(); ++i) factors[i] = factors[i - 1] * 0x9e3779b9;
  return factors;
}();

// Of the bits that a key has in its line, the place of one.
constexpr uint32_t bit_of(uint64_t hash, uint32_t index) {
  return (static_cast<uint32_t>(hash) * kFactors[index]) >> 23;
}

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
    for (uint32_t i = 0; i < bits_set_; ++i) {
      const uint32_t bit = bit_of(hash, i);
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

// Looks at all bits, though half of the time the first says no. The line mostly has to come from far away, and whatever is
// guessed from it is guessed wrong half of the time: then all that was begun meanwhile, the next question perhaps, was in vain.
bool filter_line_may_contain(const char* line, uint32_t bits_set, uint64_t hash) {
  uint32_t all = 1;
  for (uint32_t i = 0; i < bits_set; ++i) {
    const uint32_t bit = bit_of(hash, i);
    all &= static_cast<unsigned char>(line[bit / 8]) >> (bit % 8);
  }
  return (all & 1) != 0;
}

bool filter_may_contain(ByteView payload, uint64_t hash) {
  const size_t line = filter_line_of(hash, payload.size() / kFilterLineSize);
  return filter_line_may_contain(payload.data() + line * kFilterLineSize,
                                 static_cast<unsigned char>(payload.back()), hash);
}

}  // namespace coppice::engine
