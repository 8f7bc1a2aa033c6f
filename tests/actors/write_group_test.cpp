#include "actors/write_group.hpp"

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

class WriteGroupTest : public testing::Test {
protected:
  void wait(size_t value_size, uint32_t range_deletes = 0) {
    auto request = std::make_unique<WriteRequest>();
    EXPECT_TRUE(request->batch.put("k", Bytes(value_size, 'v')).ok());
    for (uint32_t i = 0; i < range_deletes; ++i) EXPECT_TRUE(request->batch.delete_range("a", "b").ok());
    waiting.push_back(std::move(request));
  }
  /// How many requests each group has, until nothing waits.
  std::vector<size_t> group_sizes() {
    std::vector<size_t> sizes;
    while (!waiting.empty()) sizes.push_back(take_group(waiting, 1000).size());
    return sizes;
  }
  using Sizes = std::vector<size_t>;

  WriteList waiting;
};

TEST_F(WriteGroupTest, TakesWhatFits) {
  for (int i = 0; i < 5; ++i) wait(300);
  EXPECT_EQ(group_sizes(), (Sizes{3, 2}));
}

TEST_F(WriteGroupTest, TakesOneThatIsTooLargeAlone) {
  wait(10);
  wait(5000);
  wait(10);
  EXPECT_EQ(group_sizes(), (Sizes{1, 1, 1}));
}

TEST_F(WriteGroupTest, HasOnlySoManyRangeDeletes) {
  for (uint32_t i = 0; i < kGroupRangeDeletesMax + 1; ++i) wait(1, 1);
  EXPECT_EQ(group_sizes(), (Sizes{kGroupRangeDeletesMax, 1}));
}

TEST_F(WriteGroupTest, TakesABatchWithManyRangeDeletesAlone) {
  wait(1);
  wait(1, 100);
  wait(1);
  EXPECT_EQ(group_sizes(), (Sizes{1, 1, 1}));
}

TEST_F(WriteGroupTest, KeepsTheirOrder) {
  for (size_t size = 1; size <= 4; ++size) wait(size);
  const auto group = take_group(waiting, 1000);
  ASSERT_EQ(group.size(), 4u);
  for (size_t i = 1; i < group.size(); ++i) EXPECT_LT(group[i - 1]->size(), group[i]->size());
}

}  // namespace
}  // namespace coppice::actors
