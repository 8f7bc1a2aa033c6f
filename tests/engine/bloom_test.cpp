#include "engine/table/bloom.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

Bytes key(int i) { return "key" + std::to_string(i); }

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

TEST(BloomTest, TurnsMostOthersAway) {
  const Bytes filter = filter_of(20'000, 10);
  int passed = 0;
  for (int i = 20'000; i < 120'000; ++i) passed += filter_may_contain(filter, filter_hash(key(i))) ? 1 : 0;
  EXPECT_LT(passed, 1'500);  // 1.5 %
  EXPECT_LE(filter.size(), 20'000 * 10 / 8 + 65);
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
