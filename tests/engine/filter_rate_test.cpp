#include "engine/compact/filter_rate.hpp"

#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {
namespace {

class FilterRateTest : public ::testing::Test {
protected:
  FilterRateTest() {
    options.memtable_size = 100;
    options.filter_false_positive_rate = 0.01;
  }
  void fill(uint32_t level, uint64_t size) {
    TableMeta meta;
    meta.number = level;
    meta.file_size = size;
    meta.bounds = {"a", "b"};
    levels[level] = {make_table_handle({files, cache, 0}, "/none", meta)};
  }
  double rate(uint32_t level) { return filter_rate(Version(levels), options, level); }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  TreeShape options;
  std::array<Version::Level, kLevelCount> levels;
};

TEST_F(FilterRateTest, ATreeThatBeginsIsEven) { EXPECT_DOUBLE_EQ(rate(0), rate(kLastLevel)); }

TEST_F(FilterRateTest, NoneStaysNone) {
  fill(kLastLevel, 10'000);
  for (const double none : {0.0, 1.0}) {
    options.filter_false_positive_rate = none;
    EXPECT_EQ(rate(0), 0);
    EXPECT_EQ(rate(kLastLevel), 0);
  }
}

TEST_F(FilterRateTest, SmallLevelsLetFewerPass) {
  fill(kLastLevel, 20'000);
  fill(5, 2000);
  EXPECT_NEAR(rate(5), rate(kLastLevel) / 10, rate(5) / 1000);
  EXPECT_LT(rate(0), rate(5));
  EXPECT_GE(rate(0), rate(kLastLevel) / 64.001);
}

TEST_F(FilterRateTest, AllTogetherLetSoManyPassAsWereAskedFor) {
  for (const double asked : {0.3, 0.01, 0.0005}) {
    options.filter_false_positive_rate = asked;
    for (const uint64_t last : {0u, 1000u, 2000u, 20'000u, 200'000u, 20'000'000u}) {
      fill(kLastLevel, last);
      const LevelShape shape = level_shape(Version(levels), options);
      double passed = 0;
      for (uint32_t level = shape.base; level < kLevelCount; ++level) passed += rate(level);
      const double level0 =
          static_cast<double>(shape.size_max[0]) / static_cast<double>(options.memtable_size);
      passed += std::max(level0, 1.0) * rate(0);
      EXPECT_NEAR(passed, asked, asked / 1000) << last;
    }
  }
}

}  // namespace
}  // namespace coppice::engine
