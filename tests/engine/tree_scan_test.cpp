#include "tests/engine/tree_fixture.hpp"

namespace coppice::engine {
namespace {

/// What long scans of a tree leave behind.
class TreeScanTest : public TreeFixture {
protected:
  static constexpr int kCount = 2'000;

  void given_all_dead_but_the_last() {
    fill(0, kCount, Bytes(100, 'v'));
    ok(stand.compact());
    reopen();
    EXPECT_EQ(stand.items().size(), size_t{kCount});
    EXPECT_GT(cached().blocks, 100u);
    for (int number = 0; number < kCount - 1; ++number) ok(stand.remove(key_of(number)));
    reopen();
  }
  BlockCacheStats cached() { return stand.env().cache.stats(); }
};

TEST_F(TreeScanTest, WhatIsDeadTakesNoRoomInTheCache) {
  given_all_dead_but_the_last();
  EXPECT_EQ(stand.items().size(), 1u);
  // What was read before it was clear that a run of dead keys had begun, and what follows it.
  EXPECT_LT(cached().blocks, 30u);
}

TEST_F(TreeScanTest, NorDoesItOnTheWayBack) {
  given_all_dead_but_the_last();
  auto cursor = stand.reader->cursor({}, {});
  ASSERT_TRUE(cursor.ok());
  const Item* item = (*cursor)->seek_last();
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->key, key_of(kCount - 1));
  EXPECT_EQ((*cursor)->prev(), nullptr);
  EXPECT_LT(cached().blocks, 30u);
}

}  // namespace
}  // namespace coppice::engine
