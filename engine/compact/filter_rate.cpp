#include "engine/compact/filter_rate.hpp"

#include <algorithm>
#include <array>

namespace coppice::engine {
namespace {

constexpr double kShareMin = 1.0 / 64;

// Of one of the level's runs. The last level counts for a memtable at least, so that a tree that begins is even.
double run_size(const LevelShape& shape, const Version& version, const TreeShape& options, uint32_t level) {
  const auto memtable = static_cast<double>(options.memtable_size);
  if (level == 0) return memtable;
  const uint64_t size = level == kLastLevel ? version.level_size(level) : shape.size_max[level];
  return std::max(static_cast<double>(size), memtable);
}

// That a read may meet in the level.
double run_count(const LevelShape& shape, const TreeShape& options, uint32_t level) {
  if (level > 0) return level < shape.base ? 0 : 1;
  const double memtables =
      static_cast<double>(shape.size_max[0]) / static_cast<double>(options.memtable_size);
  return std::clamp(memtables, 1.0, static_cast<double>(options.level0_slow_count()));
}

}  // namespace

double filter_rate(const Version& version, const TreeShape& options, uint32_t level) {
  const double rate = options.filter_false_positive_rate;
  if (rate <= 0 || rate >= 1) return 0;
  const LevelShape shape = level_shape(version, options);
  std::array<double, kLevelCount> shares;
  for (uint32_t each = 0; each < kLevelCount; ++each) shares[each] = run_size(shape, version, options, each);
  const double largest = *std::ranges::max_element(shares);
  double sum = 0;
  for (uint32_t each = 0; each < kLevelCount; ++each) {
    shares[each] = std::max(shares[each] / largest, kShareMin);
    sum += shares[each] * run_count(shape, options, each);
  }
  return rate * shares[level] / sum;
}

}  // namespace coppice::engine
