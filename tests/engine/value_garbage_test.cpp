// Space that overwritten values take, held within its bound.
#include <cmath>

#include <gmock/gmock.h>

#include "engine/base/random.hpp"
#include "engine/compact/garbage.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

constexpr double kSpaceMax = 1.5;
constexpr int kKeyCount = 4000;
constexpr size_t kValueSize = 1000;

/// A tree of some megabytes, a few dozen times as large as its memtable.
class ValueGarbageTest : public ::testing::Test {
protected:
  ValueGarbageTest() {
    stand.options.value_threshold = 512;
    stand.options.memtable_size = 128 << 10;
    stand.options.level_ratio = 10;
    ok(stand.create());
    ok(stand.open());
    for (int key = 0; key < kKeyCount; ++key) put(key);
  }
  void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  static Bytes key_of(int number) {
    Bytes key = std::to_string(number);
    return "key" + Bytes(6 - key.size(), '0') + key;
  }
  void put(int key) {
    Bytes value = std::to_string(++count);
    value.resize(kValueSize, 'v');
    ok(stand.put(key_of(key), value));
    written += kValueSize;
    now[key] = count;
    ok(stand.catch_up());
  }
  void overwrite_without_merging(int key) {
    Bytes value = std::to_string(++count);
    value.resize(kValueSize, 'v');
    ok(stand.put(key_of(key), value));
    now[key] = count;
    if (stand.tree->memtable_full()) ok(stand.flush());
  }
  /// Of tables and value files, as they lie on the disk.
  uint64_t disk_size() {
    uint64_t size = 0;
    const auto names = *files.list(stand.directory());
    for (const std::string& name : names)
      if (name.ends_with(".sst") || name.ends_with(".val")) size += files.content(stand.path(name)).size();
    return size;
  }
  double space() {
    return static_cast<double>(disk_size()) / static_cast<double>(now.size() * (kValueSize + 9));
  }
  /// Overwrites keys that `draw` gives; the most that it took, looked at all the while.
  template <class Draw>
  double overwrite(int times, Draw&& draw) {
    double most = 0;
    for (int i = 0; i < times; ++i) {
      put(draw());
      if (i % 100 == 0) most = std::max(most, space());
    }
    return most;
  }
  int uniform() { return static_cast<int>(random.below(kKeyCount)); }
  /// Nine of ten writes go to a tenth of the keys.
  int skewed() {
    return static_cast<int>(random.one_in(10) ? random.below(kKeyCount) : random.below(kKeyCount / 10) * 10);
  }
  void check_all() {
    const auto items = stand.items();
    ASSERT_EQ(items.size(), now.size());
    for (const auto& [key, value] : now) {
      const auto found = items.find(key_of(key));
      ASSERT_NE(found, items.end());
      EXPECT_EQ(std::stoi(found->second), value);
    }
    EXPECT_THAT(stand.reader->verify({})->problems, ::testing::IsEmpty());
  }

  MemoryFileSystem files;
  TreeStand stand{files};
  Random random{42};
  std::map<int, int> now;
  int count = 0;
  uint64_t written = 0;
};

TEST_F(ValueGarbageTest, RandomOverwritingStaysWithinTheBound) {
  const double most = overwrite(6 * kKeyCount, [&] { return uniform(); });
  RecordProperty("space", std::to_string(most));
  EXPECT_LT(most, kSpaceMax);
  check_all();
  const TreeStats stats = stand.tree->stats();
  EXPECT_LT(stats.write_amplification(), 5);
}

TEST_F(ValueGarbageTest, SkewedOverwritingStaysWithinTheBound) {
  const double most = overwrite(6 * kKeyCount, [&] { return skewed(); });
  RecordProperty("space", std::to_string(most));
  EXPECT_LT(most, kSpaceMax);
  check_all();
}

TEST_F(ValueGarbageTest, KeysInOrderAgainAndAgainStayWithinTheBound) {
  int next = 0;
  EXPECT_LT(overwrite(3 * kKeyCount, [&] { return next++ % kKeyCount; }), kSpaceMax);
  check_all();
}

TEST_F(ValueGarbageTest, OpeningLosesNoCountOfIt) {
  for (int round = 0; round < 4; ++round) {
    EXPECT_LT(overwrite(kKeyCount, [&] { return uniform(); }), kSpaceMax) << round;
    const uint64_t garbage = stand.tree->stats().value_garbage_size;
    ok(stand.tree->close());
    ok(stand.open());
    EXPECT_EQ(stand.tree->stats().value_garbage_size, garbage);
  }
  check_all();
}

TEST_F(ValueGarbageTest, ASnapshotCostsWhatItHolds) {
  overwrite(kKeyCount, [&] { return uniform(); });
  const auto then = stand.items();
  stand.snapshots = {stand.tree->last_commit()};
  const double most = overwrite(3 * kKeyCount, [&] { return uniform(); });
  // Itself, and as much again for the snapshot.
  EXPECT_LT(most, 2 * kSpaceMax);
  EXPECT_EQ(stand.items(stand.snapshots.front()), then);

  stand.snapshots.clear();
  overwrite(2 * kKeyCount, [&] { return uniform(); });
  EXPECT_LT(space(), kSpaceMax);
  check_all();
}

TEST_F(ValueGarbageTest, TablesDroppedUnreadGiveTheirGarbageToo) {
  overwrite(kKeyCount, [&] { return uniform(); });
  ok(stand.compact());
  const uint64_t before = disk_size();
  ok(stand.delete_range(key_of(0), key_of(kKeyCount * 3 / 4)));
  now.erase(now.begin(), now.lower_bound(kKeyCount * 3 / 4));
  ok(stand.flush());
  ok(stand.catch_up());
  while (auto job = stand.tree->plan_merge({}, MergeNeed::idle)) ok(stand.finish(std::move(job)));
  EXPECT_LT(disk_size(), before / 2);
  EXPECT_LT(space(), kSpaceMax);
  check_all();
}

TEST_F(ValueGarbageTest, WithoutOverwritingNothingIsCollected) {
  const TreeStats stats = stand.tree->stats();
  EXPECT_EQ(stats.value_garbage_size, 0u);
  EXPECT_LT(static_cast<double>(stats.value_files_size), static_cast<double>(written) * 1.02);
  EXPECT_LT(stats.write_amplification(), 2.3);
}

TEST_F(ValueGarbageTest, AMergeByHandGivesItsSpaceBackWhereNothingElseDoes) {
  stand.tree->set_merging(Merging::off);
  for (int round = 0; round < 6; ++round) {
    // Two of five values die in every file that there is.
    for (int write = 0; write < kKeyCount / 2; ++write) overwrite_without_merging(uniform());
    ok(stand.compact());
    EXPECT_LT(space(), kSpaceMax) << round;
  }
  EXPECT_LT(stand.tree->stats().value_garbage_size, stand.tree->stats().value_files_size / 3);
  check_all();
}

}  // namespace
}  // namespace coppice::engine
