#include "engine/version/run_bounds.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {
namespace {

/// Tables without files.
class RunBoundsTest : public ::testing::Test {
protected:
  void add(Bytes begin, std::optional<Bytes> end) {
    TableMeta meta;
    meta.number = run.size() + 1;
    meta.bounds = {std::move(begin), std::move(end)};
    run.push_back(make_table_handle({files, cache, 0}, "/none", meta));
  }
  /// The number of the table that is found; 0: none.
  uint64_t find(ByteView key) const {
    const TableHandle* const found = RunBounds(run).find(key);
    return found == nullptr ? 0 : (*found)->meta().number;
  }
  uint64_t ask_all(ByteView key) const {
    for (const TableHandle& table : run)
      if (table->meta().bounds.contains(key)) return table->meta().number;
    return 0;
  }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  std::vector<TableHandle> run;
};

TEST_F(RunBoundsTest, OfNoTablesFindNothing) { EXPECT_EQ(find("a"), 0u); }

TEST_F(RunBoundsTest, FindTheTableOfAKey) {
  add("a", "c");
  add("e", "g");
  EXPECT_EQ(find(""), 0u);
  EXPECT_EQ(find("0"), 0u);
  EXPECT_EQ(find("a"), 1u);
  EXPECT_EQ(find("bzzzzzzzzz"), 1u);
  EXPECT_EQ(find("c"), 0u);
  EXPECT_EQ(find("f"), 2u);
  EXPECT_EQ(find("g"), 0u);
}

TEST_F(RunBoundsTest, TheLastTableMayHaveNoEnd) {
  add("same 1", "same 3");
  add("same 5", std::nullopt);
  EXPECT_EQ(find("s"), 0u);
  EXPECT_EQ(find("same 2"), 1u);
  EXPECT_EQ(find("same 4"), 0u);
  EXPECT_EQ(find("same 6"), 2u);
  EXPECT_EQ(find("t"), 2u);
  run = {};
  add("", std::nullopt);
  EXPECT_EQ(find(""), 1u);
  EXPECT_EQ(find("z"), 1u);
}

TEST_F(RunBoundsTest, HeadsThatAreAlikeSayNothing) {
  const Bytes alike(12, 'x');
  add("a", "b");
  for (const char* end : {"1", "3", "5", "7"}) add(alike + end, alike + end + "5");
  const Bytes last(12, '\xff');
  add(last, last + "a");
  add(last + "b", last + "c");
  for (const char* tail : {"", "1", "15", "2", "3", "34", "35", "5", "6", "7", "75", "8"})
    EXPECT_EQ(find(alike + tail), ask_all(alike + tail)) << tail;
  for (const char* tail : {"", "0", "a", "b", "bb", "c"})
    EXPECT_EQ(find(last + tail), ask_all(last + tail)) << tail;
}

// Keys of few letters and all lengths, so that bounds are alike, begin each other, and are followed by a zero byte.
TEST_F(RunBoundsTest, FindWhatAskingEveryTableFinds) {
  Random random(17);
  const auto some_key = [&](size_t size_max) {
    Bytes key(random.below(size_max + 1), '\0');
    for (char& letter : key) letter = "\0a\xff"[random.below(3)];
    return key;
  };
  for (int round = 0; round < 300; ++round) {
    run = {};
    const Bytes common = some_key(10);
    std::vector<Bytes> bounds;
    for (uint64_t i = 0, count = 2 * random.below(20); i < count; ++i)
      bounds.push_back(common + some_key(12));
    std::ranges::sort(bounds);
    bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
    for (size_t i = 0; i + 1 < bounds.size(); i += 1 + random.below(2)) add(bounds[i], bounds[i + 1]);
    if (!bounds.empty() && random.below(4) == 0 &&
        (run.empty() || *run.back()->meta().bounds.end <= bounds.back()))
      add(bounds.back(), std::nullopt);
    for (const Bytes& bound : bounds)
      for (const Bytes& key :
           {bound, bound + '\0', bound.substr(0, bound.size() / 2), common + some_key(12), some_key(12)})
        ASSERT_EQ(find(key), ask_all(key)) << "round " << round;
  }
}

}  // namespace
}  // namespace coppice::engine
