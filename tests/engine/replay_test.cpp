#include "engine/replay.hpp"

#include <map>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

TEST(ReplayTest, PutsEveryVersionInItsPlaceAndOfEqualsTheLast) {
  Memtable memtable(1);
  Replay replay(8 << 20);
  Random random(7);
  std::map<std::pair<Bytes, uint64_t>, Bytes> expected;
  for (uint64_t commit = 1; commit <= 3000; ++commit) {
    Batch batch;
    for (int i = 0; i < 3; ++i) {
      const Bytes key = "prefix " + std::to_string(random.below(200));
      const Bytes value = std::to_string(commit) + " " + std::to_string(i);
      ASSERT_TRUE(batch.put(key, value).ok());
      expected[{key, commit}] = value;
    }
    replay.add(std::move(batch), Timestamp{commit});
  }
  EXPECT_EQ(replay.apply_to(memtable), Timestamp{3000});
  EXPECT_TRUE(replay.empty());
  for (const auto& [place, value] : expected) {
    const auto found = memtable.find(place.first, Timestamp{place.second});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->commit, Timestamp{place.second});
    EXPECT_EQ(found->value, value);
  }
}

TEST(ReplayTest, IsFullOfAnEighthOfAMemtableOrARangeDelete) {
  Replay replay(8000);
  Batch small;
  ASSERT_TRUE(small.put("k", Bytes(100, 'v')).ok());
  replay.add(small, Timestamp{1});
  EXPECT_FALSE(replay.full());
  for (uint64_t commit = 2; commit <= 10; ++commit) replay.add(small, Timestamp{commit});
  EXPECT_TRUE(replay.full());
  Memtable memtable(1);
  replay.apply_to(memtable);
  EXPECT_FALSE(replay.full());
  Batch range;
  ASSERT_TRUE(range.delete_range("a", "z").ok());
  replay.add(range, Timestamp{11});
  EXPECT_TRUE(replay.full());
  replay.apply_to(memtable);
  EXPECT_EQ(memtable.range_delete_count(), 1u);
}

}  // namespace
}  // namespace coppice::engine
