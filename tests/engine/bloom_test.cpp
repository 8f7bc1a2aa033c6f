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

Bytes filter_of(int count, uint32_t bits_per_key) {
  BloomBuilder builder(bits_per_key);
  for (int i = 0; i < count; ++i) builder.add(filter_hash(key(i)));
  EXPECT_EQ(builder.size(), builder.finish().size());
  return builder.finish();
}

TEST(BloomTest, NeverDeniesAKeyThatIsThere) {
  for (const int count : {1, 2, 50, 10'000}) {
    const Bytes filter = filter_of(count, 10);
    ASSERT_TRUE(filter_valid(filter));
    for (int i = 0; i < count; ++i) ASSERT_TRUE(filter_may_contain(filter, filter_hash(key(i)))) << i;
  }
}

struct Bits {
  uint32_t per_key;
  /// Of the room that they would ideally take, in percent.
  size_t room_max;
};

class BloomBitsTest : public ::testing::TestWithParam<Bits> {};

INSTANTIATE_TEST_SUITE_P(PerKey, BloomBitsTest,
                         ::testing::Values(Bits{5, 100}, Bits{8, 100}, Bits{10, 101}, Bits{12, 103},
                                           Bits{16, 108}, Bits{20, 115}),
                         [](const auto& instance) { return std::to_string(instance.param.per_key); });

TEST_P(BloomBitsTest, LetsNotMuchMorePassThanIsIdeal) {
  const uint32_t bits = GetParam().per_key;
  const double ideal = std::pow(0.6185, bits);
  // So many questions that chance is about 3 % of the false answers.
  const auto questions = static_cast<uint64_t>(1000 / ideal);
  for (const uint64_t count : {1'000u, 30'000u, 300'000u}) {
    BloomBuilder builder(bits);
    for (uint64_t i = 0; i < count; ++i) builder.add(number_hash(i));
    const Bytes filter = builder.finish();
    EXPECT_LE(filter.size(), count * bits * GetParam().room_max / 800 + kFilterLineSize + 1);

    uint64_t passed = 0;
    for (uint64_t i = count; i < count + questions; ++i)
      passed += filter_may_contain(filter, number_hash(i)) ? 1 : 0;
    EXPECT_LT(static_cast<double>(passed) / static_cast<double>(questions), 1.2 * ideal) << count << " keys";
  }
}

TEST(BloomTest, WithoutBitsOrKeysThereIsNone) {
  EXPECT_EQ(filter_of(100, 0), "");
  EXPECT_EQ(filter_of(0, 10), "");
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
