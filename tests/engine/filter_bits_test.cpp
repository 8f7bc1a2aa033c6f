#include "engine/compact/filter_bits.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {
namespace {

class FilterBitsTest : public ::testing::Test {
protected:
  FilterBitsTest() {
    options.memtable_size = 100;
    options.min_compaction_files = 4;
  }
  void fill(uint32_t level, uint64_t size) {
    TableMeta meta;
    meta.number = level;
    meta.file_size = size;
    meta.bounds = {"a", "b"};
    levels[level] = {make_table_handle({files, cache, 0}, "/none", meta)};
  }
  uint32_t bits(uint32_t level) { return filter_bits(Version(levels), options, level); }
  static double false_share(double bits) { return std::pow(0.6185, bits); }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  TreeShape options;
  std::array<Version::Level, kLevelCount> levels;
};

TEST_F(FilterBitsTest, ATreeThatBeginsIsEven) {
  EXPECT_EQ(bits(0), 10u);
  EXPECT_EQ(bits(kLastLevel), 10u);
}

TEST_F(FilterBitsTest, NoneStaysNone) {
  options.filter_bits_per_key = 0;
  fill(kLastLevel, 10'000);
  EXPECT_EQ(bits(0), 0u);
}

TEST_F(FilterBitsTest, SmallLevelsGetMoreAndTheLastGetsLess) {
  fill(kLastLevel, 20'000);
  fill(5, 2000);
  EXPECT_GT(bits(0), bits(5));
  EXPECT_GT(bits(5), bits(kLastLevel));
  EXPECT_LE(bits(0), 16u);
}

TEST_F(FilterBitsTest, TheSameMemoryLetsFewerPass) {
  for (const uint64_t last : {1000u, 2000u, 20'000u, 200'000u}) {
    fill(kLastLevel, last);
    const LevelShape shape = level_shape(Version(levels), options);
    double memory = 0;
    double size = 0;
    double passed = 0;
    double runs = 0;
    for (uint32_t level = 0; level < kLevelCount; ++level) {
      const double level_size =
          level == kLastLevel ? static_cast<double>(last) : static_cast<double>(shape.size_max[level]);
      if (level_size == 0) continue;
      const double count = level == 0 ? level_size / static_cast<double>(options.memtable_size) : 1;
      size += level_size;
      memory += level_size * bits(level);
      runs += count;
      passed += count * false_share(bits(level));
    }
    EXPECT_LT(memory / size, 10.6);
    EXPECT_LT(passed, 0.8 * runs * false_share(10));
  }
}

}  // namespace
}  // namespace coppice::engine
