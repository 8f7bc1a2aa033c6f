#include "engine/compact/table_count.hpp"

#include "tests/engine/picker_fixture.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;

class TableCountTest : public PickerFixture {
protected:
  TableCountTest() { options.max_sstables = 64; }

  /// Tables of the last level from `first` to `last`, each with keys of its own.
  void add_last(uint64_t first, uint64_t last, uint64_t size) {
    for (uint64_t number = first; number <= last; ++number)
      add(kLastLevel, number, name(number), name(number) + "~", size);
  }
  static Bytes name(uint64_t number) { return std::to_string(1'000 + number); }
  std::optional<MergePlan> pick_less() {
    const Version version(levels);
    return pick_fewer(version, options, level_shape(version, options).base, under_way);
  }
};

TEST_F(TableCountTest, NeighboursBecomeOneWhereThereAreTooMany) {
  add_last(1, 64, 10);
  EXPECT_FALSE(pick_less());
  add_last(65, 65, 10);
  const auto plan = pick_less();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, kLastLevel);
  EXPECT_EQ(plan->target_level, kLastLevel);
  // A table of the last level is a sixteenth of it.
  EXPECT_THAT(numbers(plan->source), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(pick());
}

TEST_F(TableCountTest, TheSmallestGoFirst) {
  add_last(1, 62, 100);
  add_last(63, 66, 1);
  EXPECT_THAT(numbers(pick_less()->source), ElementsAre(63, 64, 65, 66));
}

TEST_F(TableCountTest, TablesBecomeLargerAsTheTreeGrows) {
  options.table_size = 10;
  add_last(1, 70, 1'000);
  // So that half of max_sstables would do.
  EXPECT_EQ(table_size_of(Version(levels), options), 70'000u * 2 / 64);
  // They are not much smaller than that: many at a time become fewer.
  ASSERT_TRUE(pick_less());
  EXPECT_GT(pick_less()->source.size(), 10u);
  options.max_sstables = 140;
  EXPECT_EQ(table_size_of(Version(levels), options), 1'000u);
  EXPECT_FALSE(pick_less());
}

TEST_F(TableCountTest, SmallTablesOfLevelZeroGoDown) {
  add_last(1, 40, 1'000);
  for (uint64_t number = 100; number < 130; ++number) add(0, number, name(1), name(1) + "~", 1);
  const auto plan = pick_less();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_level, 0u);
  EXPECT_EQ(plan->source.size(), 30u);
  EXPECT_EQ(plan->target_level, shape().base);
}

TEST_F(TableCountTest, ItPassesNoMergeUnderWay) {
  add_last(1, 65, 10);
  std::vector<uint64_t> busy;
  for (uint64_t number = 1; number <= 63; ++number) busy.push_back(number);
  under_way.push_back({5, kLastLevel, {name(1), name(64)}, busy});
  EXPECT_FALSE(pick_less());
}

TEST(MaxSstablesTest, ATreeComesToHaveFewerTablesAndThatEnds) {
  MemoryFileSystem files;
  TreeStand stand(files);
  ASSERT_TRUE(stand.create().ok());
  ASSERT_TRUE(stand.open().ok());
  const auto tables = [&] {
    uint64_t count = 0;
    for (const LevelStats& level : stand.tree->stats().levels) count += level.tables;
    return count;
  };
  const auto key_of = [](int number) { return "key" + std::to_string(100'000 + number * 7'919 % 50'000); };
  for (int number = 0; number < 50'000; ++number) {
    ASSERT_TRUE(stand.put(key_of(number), Bytes(150, 'v')).ok());
    ASSERT_TRUE(stand.catch_up().ok());
  }
  ASSERT_GT(tables(), 100u);
  const TreeStand::Items before = stand.items();

  ASSERT_TRUE(stand.tree->close().ok());
  stand.options.max_sstables = 64;
  ASSERT_TRUE(stand.open().ok());
  const uint64_t merges = stand.tree->stats().merges;
  ASSERT_TRUE(stand.catch_up().ok());
  EXPECT_LE(tables(), 72u);
  // It is no limit, but close.
  EXPECT_LT(stand.tree->stats().merges - merges, 200u);
  EXPECT_EQ(stand.items(), before);

  for (int number = 0; number < 5'000; ++number) {
    ASSERT_TRUE(stand.put(key_of(number), Bytes(150, 'w')).ok());
    ASSERT_TRUE(stand.catch_up().ok());
  }
  ASSERT_TRUE(stand.flush().ok());
  ASSERT_TRUE(stand.catch_up().ok());
  EXPECT_LE(tables(), 72u);
  EXPECT_EQ(stand.items().size(), before.size());
}

}  // namespace
}  // namespace coppice::engine
