#include "engine/table/bloom.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

Bytes key(int i) { return "key" + std::to_string(i); }

/// Of 16 bytes that differ from those of every other number.
uint64_t number_hash(uint64_t number) {
  char bytes[16] = "a number";
  store_fixed(bytes + 8, number);
  return filter_hash({bytes, sizeof bytes});
}

Bytes filter_of(int count, double rate) {
  BloomBuilder builder(rate);
  for (int i = 0; i < count; ++i) builder.add(filter_hash(key(i)));
  EXPECT_EQ(builder.size(), builder.finish().size());
  return builder.finish();
}

TEST(BloomTest, NeverDeniesAKeyThatIsThere) {
  for (const int count : {1, 2, 50, 10'000}) {
    const Bytes filter = filter_of(count, 0.01);
    ASSERT_TRUE(filter_valid(filter));
    for (int i = 0; i < count; ++i) ASSERT_TRUE(filter_may_contain(filter, filter_hash(key(i)))) << i;
  }
}

struct Asked {
  double rate;
  /// Of the room that a filter needs that is not in lines.
  double room_max;
};

class BloomRateTest : public ::testing::TestWithParam<Asked> {};

INSTANTIATE_TEST_SUITE_P(Rates, BloomRateTest,
                         ::testing::Values(Asked{0.6, 1.01}, Asked{0.2, 1.01}, Asked{0.05, 1.03},
                                           Asked{0.013, 1.04}, Asked{0.002, 1.08}, Asked{0.0005, 1.11},
                                           Asked{0.0001, 1.17}, Asked{0.00001, 1.28}),
                         [](const auto& instance) { return "Of" + std::to_string(instance.index); });

TEST_P(BloomRateTest, LetsNoMorePassThanWasAskedForAndTakesLittleMoreRoomThanIdeal) {
  const double rate = GetParam().rate;
  const double ideal_bits = -std::log(rate) / (std::log(2) * std::log(2));
  // So many questions that chance is about 3 % of the false answers.
  const auto questions = static_cast<uint64_t>(1000 / rate);
  for (const uint64_t count : {1'000u, 30'000u, 300'000u}) {
    BloomBuilder builder(rate);
    for (uint64_t i = 0; i < count; ++i) builder.add(number_hash(i));
    const Bytes filter = builder.finish();
    const double bits = static_cast<double>(filter.size()) * 8 / static_cast<double>(count);
    const double rounding = 8.0 * kFilterPartSize / static_cast<double>(count);
    EXPECT_LE(bits, ideal_bits * GetParam().room_max + rounding) << count << " keys";

    uint64_t passed = 0;
    for (uint64_t i = count; i < count + questions; ++i)
      passed += filter_may_contain(filter, number_hash(i)) ? 1 : 0;
    EXPECT_LT(static_cast<double>(passed) / static_cast<double>(questions), 1.2 * rate) << count << " keys";
  }
}

TEST(BloomTest, TheLowestRateIsLowEnoughThatSoManyBitsAreSetAsMayBe) {
  for (const double rate : {kFilterRateMin, kFilterRateMin / 1000}) {
    const Bytes filter = filter_of(1000, rate);
    EXPECT_TRUE(filter_valid(filter));
    EXPECT_EQ(filter, filter_of(1000, kFilterRateMin));
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(filter_may_contain(filter, filter_hash(key(i))));
  }
}

TEST(BloomTest, WithoutARateOrKeysThereIsNone) {
  for (const double rate : {0.0, 1.0, 2.0, -1.0, std::nan("")}) EXPECT_EQ(filter_of(100, rate), "") << rate;
  EXPECT_EQ(filter_of(0, 0.01), "");
}

TEST(BloomTest, KnowsWhatIsNoFilter) {
  EXPECT_FALSE(filter_valid(""));
  EXPECT_FALSE(filter_valid(Bytes(64, '\1')));
  EXPECT_TRUE(filter_valid(Bytes(65, '\1')));
  EXPECT_FALSE(filter_valid(Bytes(66, '\1')));
  EXPECT_FALSE(filter_valid(Bytes(64, '\1') + '\0'));
  EXPECT_FALSE(filter_valid(Bytes(64, '\1') + static_cast<char>(kFilterBitsSetMax + 1)));
}

}  // namespace
}  // namespace coppice::engine
