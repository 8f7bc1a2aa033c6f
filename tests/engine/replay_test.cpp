#include "engine/replay.hpp"

#include <map>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

struct Newest {
  bool operator()(const std::pair<Bytes, uint64_t>& a, const std::pair<Bytes, uint64_t>& b) const {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  }
};
using Expected = std::map<std::pair<Bytes, uint64_t>, Bytes, Newest>;

/// Finds each version by its key, and all of them in order.
void expect_holds(const Memtable& memtable, const Expected& expected) {
  for (const auto& [place, value] : expected) {
    const auto found = memtable.find(place.first, Timestamp{place.second});
    ASSERT_TRUE(found) << place.first;
    EXPECT_EQ(found->commit, Timestamp{place.second});
    EXPECT_EQ(found->value, value);
  }
  const auto cursor = memtable.cursor();
  const Entry* entry = cursor->seek({"", kTimestampMax});
  for (const auto& [place, value] : expected) {
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->key, place.first);
    EXPECT_EQ(entry->commit, Timestamp{place.second});
    EXPECT_EQ(entry->value, value);
    entry = cursor->next();
  }
  EXPECT_EQ(entry, nullptr);
}

/// Puts of keys that differ in their first, their last, or in bytes behind the first eight that differ; some are the beginning of
/// others.
Expected replay_puts(Replay& replay, uint64_t count, uint64_t seed) {
  Random random(seed);
  Expected expected;
  for (uint64_t commit = 1; commit <= count; ++commit) {
    Batch batch;
    for (int i = 0; i < 3; ++i) {
      Bytes key = "shared " + std::to_string(random.below(40));
      if (random.below(2) == 0) key += Bytes(random.below(12), '\0') + std::to_string(random.below(9));
      const Bytes value = std::to_string(commit) + " " + std::to_string(i);
      EXPECT_TRUE(batch.put(key, value).ok());
      expected[{key, commit}] = value;
    }
    replay.add(batch, Timestamp{commit});
  }
  return expected;
}

TEST(ReplayTest, PutsEveryVersionInItsPlaceAndOfEqualsTheLast) {
  Memtable memtable(1);
  Replay replay(memtable, 64 << 20);
  const Expected expected = replay_puts(replay, 3000, 7);
  replay.finish();
  EXPECT_EQ(memtable.entry_count(), 9000u);
  EXPECT_EQ(memtable.oldest_commit(), Timestamp{1});
  EXPECT_EQ(memtable.newest_commit(), Timestamp{3000});
  expect_holds(memtable, expected);
}

TEST(ReplayTest, PutsThemInPlacesAmongThoseThatHaveOneAlready) {
  Memtable memtable(1);
  // Room for some hundred to wait.
  Replay replay(memtable, 64 << 10);
  const Expected expected = replay_puts(replay, 3000, 8);
  replay.finish();
  expect_holds(memtable, expected);
}

TEST(ReplayTest, LeavesAMemtableThatGoesOn) {
  Memtable memtable(1);
  Replay replay(memtable, 64 << 20);
  Expected expected = replay_puts(replay, 300, 9);
  replay.finish();
  for (uint64_t commit = 301; commit <= 400; ++commit) {
    const Bytes key = "shared " + std::to_string(commit % 60);
    memtable.gather(std::array{Entry{key, Timestamp{commit}, Kind::put, "later"}});
    expected[{key, commit}] = "later";
  }
  expect_holds(memtable, expected);
}

TEST(ReplayTest, KeepsRangeDeletesAndWhatStandsBesideThem) {
  Memtable memtable(1);
  Replay replay(memtable, 64 << 20);
  Expected expected = replay_puts(replay, 100, 10);
  Batch range;
  ASSERT_TRUE(range.put("shared 7", "covered").ok());
  ASSERT_TRUE(range.delete_range("a", "z").ok());
  ASSERT_TRUE(range.put("shared 8", "behind").ok());
  replay.add(range, Timestamp{101});
  expected[{"shared 8", 101}] = "behind";
  Batch remove;
  ASSERT_TRUE(remove.remove("zebra").ok());
  replay.add(remove, Timestamp{102});
  expected[{"zebra", 102}] = "";
  replay.finish();
  EXPECT_EQ(memtable.range_delete_count(), 1u);
  expect_holds(memtable, expected);
  EXPECT_EQ(memtable.find("zebra", kTimestampMax)->kind, Kind::remove);
}

}  // namespace
}  // namespace coppice::engine
