#include "engine/compact/filter_bits.hpp"

#include <algorithm>
#include <cmath>

namespace coppice::engine {
namespace {

// A filter of more would be larger than what it saves is worth.
constexpr uint32_t kBitsMax = 32;
constexpr double kBitsMoreMax = 6;

// Of one of the level's runs. The last level counts for a memtable at least, so that a tree that begins is even.
double run_size(const LevelShape& shape, const Version& version, const TreeShape& options, uint32_t level) {
  const auto memtable = static_cast<double>(options.memtable_size);
  if (level == 0) return memtable;
  const uint64_t size = level == kLastLevel ? version.level_size(level) : shape.size_max[level];
  return std::max(static_cast<double>(size), memtable);
}

}  // namespace

uint32_t filter_bits(const Version& version, const TreeShape& options, uint32_t level) {
  if (options.filter_bits_per_key == 0) return 0;
  const LevelShape shape = level_shape(version, options);
  double weight = 0;
  double logs = 0;
  for (uint32_t each = 0; each < kLevelCount; ++each) {
    if (each > 0 && each < shape.base) continue;
    const double run = run_size(shape, version, options, each);
    const double size = each == 0 ? static_cast<double>(shape.size_max[0]) : run;
    weight += size;
    logs += size * std::log(run);
  }
  constexpr double kBitsPerNat = 1 / (0.6931471805599453 * 0.6931471805599453);
  const double more = kBitsPerNat * (logs / weight - std::log(run_size(shape, version, options, level)));
  const double bits = options.filter_bits_per_key + std::min(more, kBitsMoreMax);
  return static_cast<uint32_t>(std::clamp(std::round(bits), 1.0, double{kBitsMax}));
}

}  // namespace coppice::engine
