// What filters do for the reads of a tree, as its owner sees it.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

class TreeFilterTest : public ::testing::Test {
protected:
  void SetUp() override {
    stand.watch.sample_interval = 1;
    ok(stand.create());
    ok(stand.open());
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  static Bytes key_of(uint64_t number) {
    char text[24];
    std::snprintf(text, sizeof text, "key%012llu", static_cast<unsigned long long>(number));
    return text;
  }
  /// Of all levels.
  LevelReads reads() const {
    LevelReads sum;
    for (const LevelReads& level : stand.tree->stats().reads.levels) {
      sum.tables += level.tables;
      sum.filtered += level.filtered;
      sum.blocks += level.blocks;
      sum.found += level.found;
    }
    return sum;
  }
  /// Even numbers, from all over, as merging leaves them.
  void fill(uint64_t key_count) {
    Random random(7);
    for (uint64_t i = 0; i < key_count; i += 100) {
      Batch batch;
      for (int each = 0; each < 100; ++each) ok(batch.put(key_of(2 * random.below(10 * key_count)), "value"));
      ok(stand.write(batch));
      ok(stand.catch_up());
    }
    ok(stand.flush());
  }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_F(TreeFilterTest, TheDefaultTurnsAwayMoreThanNineHundredNinetyNineOfAThousandAbsentKeys) {
  stand.options.memtable_size = 256 << 10;
  ok(stand.open());
  fill(300'000);
  size_t runs = 0;
  for (const LevelStats& level : stand.tree->stats().levels) runs += level.tables > 0 ? 1 : 0;
  ASSERT_GE(runs, 3u) << "the tree was to have several levels";

  Random random(8);
  constexpr uint64_t kReads = 400'000;
  Bytes value;
  for (uint64_t i = 0; i < kReads; ++i) {
    const auto found = stand.reader->get(key_of(2 * random.below(3'000'000) + 1), {}, value);
    ASSERT_TRUE(found.ok());
    ASSERT_FALSE(*found);
  }
  const LevelReads asked = reads();
  EXPECT_GT(asked.filtered, kReads);
  // A read that looked into a block did so in vain. Of reads, not of tables asked.
  EXPECT_LT(static_cast<double>(asked.blocks) / kReads, 0.001);
  EXPECT_GT(static_cast<double>(asked.blocks) / kReads, 0.00005) << "no filter is so good: was it asked?";
}

TEST_F(TreeFilterTest, WithoutFiltersNothingIsAskedAndEverythingIsFound) {
  for (const double off : {0.0, 1.0}) {
    stand.options.filter_false_positive_rate = off;
    ok(stand.open());
    ok(stand.put("a", "1"));
    ok(stand.put("c", "2"));
    ok(stand.flush());
    EXPECT_EQ(stand.get("a"), "1");
    EXPECT_EQ(stand.get("b"), "(none)");
    EXPECT_EQ(reads().filtered, 0u);
    EXPECT_GT(reads().blocks, reads().found);
  }
}

TEST_F(TreeFilterTest, ARateThatIsNoneIsRefused) {
  for (const double bad : {-0.1, 1.1, std::nan("")}) {
    stand.options.filter_false_positive_rate = bad;
    const Status opened = stand.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::invalid_argument);
    EXPECT_NE(opened.error().text.find("filter_false_positive_rate"), std::string::npos);
  }
}

}  // namespace
}  // namespace coppice::engine
