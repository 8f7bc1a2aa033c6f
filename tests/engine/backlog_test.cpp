#include "engine/compact/backlog.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {
namespace {

class BacklogTest : public ::testing::Test {
protected:
  BacklogTest() {
    options.memtable_size = 100;
    options.min_compaction_files = 2;
  }
  void add(uint32_t level, uint64_t size, const Bytes& begin = "a", const Bytes& end = "z") {
    TableMeta meta;
    meta.number = ++number;
    meta.file_size = size;
    meta.bounds = {begin, end};
    levels[level].push_back(make_table_handle({files, cache, 0}, "/none", meta));
  }
  double debt() { return merge_debt(Version(levels), options); }
  uint64_t pending() { return pending_merge_size(Version(levels), options); }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  TreeShape options;
  std::array<Version::Level, kLevelCount> levels;
  uint64_t number = 0;
};

TEST_F(BacklogTest, ATreeInShapeOwesNothing) {
  add(6, 10'000);
  add(5, 1000);
  add(0, 200);
  EXPECT_EQ(debt(), 0);
  EXPECT_EQ(pending(), 0u);
}

TEST_F(BacklogTest, DebtGrowsWithWhatLevelZeroHasAboveItsSize) {
  add(6, 1000);
  double last = 0;
  for (int count = 0; count < 11; ++count) {
    add(0, 50, Bytes(1, static_cast<char>('a' + count)), Bytes(1, static_cast<char>('b' + count)));
    EXPECT_GE(debt(), last);
    EXPECT_LT(debt() - last, 0.2);
    last = debt();
  }
  EXPECT_GT(last, 0.5);
  EXPECT_LT(last, 1);
  // It has 550 and may have 200; every byte takes two others along.
  EXPECT_NEAR(static_cast<double>(pending()), 350 * (1 + 1000.0 / 550), 2);
  for (int count = 0; count < 2; ++count)
    add(0, 100, Bytes(1, static_cast<char>('n' + count)), Bytes(1, static_cast<char>('o' + count)));
  EXPECT_GE(debt(), 1);
}

TEST_F(BacklogTest, DebtGrowsWithTheTablesThatAReadMeets) {
  for (int count = 0; count < 8; ++count) add(0, 1);
  EXPECT_EQ(debt(), 0);
  for (int count = 0; count < 4; ++count) add(0, 1);
  EXPECT_EQ(debt(), 0.5);
  for (int count = 0; count < 4; ++count) add(0, 1);
  EXPECT_EQ(debt(), 1);
}

TEST_F(BacklogTest, WithoutMergingWritesAreNotSlowedDownButRefusedInTheEndAndToldWhy) {
  const auto without = [&](Merging merging) { return merge_debt(Version(levels), options, merging); };
  const auto why = [&](Merging merging) { return backlog_text(Version(levels), options, 0, 0, merging); };
  for (int count = 0; count < 127; ++count) add(0, 1'000);
  EXPECT_GE(debt(), 1);
  EXPECT_EQ(without(Merging::off), 0);
  EXPECT_EQ(why(Merging::off), "");
  add(0, 1'000);
  for (const Merging merging : {Merging::off, Merging::paused, Merging::stopped}) {
    EXPECT_EQ(without(merging), 1);
    EXPECT_NE(why(merging).find(std::string("128 tables in level 0, and merging is ") + name_of(merging)),
              std::string::npos)
        << why(merging);
  }
  EXPECT_NE(why(Merging::off).find("compact"), std::string::npos);
  EXPECT_EQ(why(Merging::stopped).find("compact"), std::string::npos);
  EXPECT_NE(why(Merging::on).find("falls behind"), std::string::npos);
  EXPECT_EQ(backlog_text(Version(), options, 4, 0, Merging::on).find("4 memtables wait"), 0u);
  EXPECT_EQ(backlog_text(Version(), options, 3, 100, Merging::on).find("3 memtables wait"), 0u);
}

TEST_F(BacklogTest, AMergeOfARangeReadsWhatIsAboveAndWhatItMeets) {
  const auto left = [&](const KeyRange& range) { return range_backlog(Version(levels), options, range, {}); };
  add(6, 1'000, "a", "m");
  add(6, 1'000, "m", "z");
  EXPECT_EQ(left({}).size, 0u);
  EXPECT_EQ(left({}).tables, 0u);
  add(0, 100, "a", "c");
  EXPECT_EQ(left({}).tables, 3u);
  EXPECT_EQ(left({}).size, 2'100u);
  EXPECT_EQ(left({"b", "c"}).tables, 2u);
  EXPECT_EQ(left({"b", "c"}).size, 1'100u);
  EXPECT_EQ(left({"d", "e"}).size, 0u);
  // What is not the tree's own is rewritten without it.
  EXPECT_EQ(range_backlog(Version(levels), options, {"n", "p"}, {"a", "x"}).tables, 1u);
}

TEST_F(BacklogTest, DebtGrowsWithWhatAnIntermediateLevelHasAboveItsSize) {
  add(6, 10'000);
  add(5, 1500);
  EXPECT_EQ(debt(), 0);
  add(5, 750, "z", "zz");
  EXPECT_EQ(debt(), 0.5);
  EXPECT_GT(pending(), 1250u);
}

TEST_F(BacklogTest, DebtGrowsAsMemtablesFillWhileOthersWait) {
  options.sealed_memtables_max = 4;
  EXPECT_EQ(flush_debt(0, 100, options), 0);
  EXPECT_EQ(flush_debt(1, 100, options), 0);
  EXPECT_EQ(flush_debt(2, 0, options), 0);
  EXPECT_EQ(flush_debt(2, 50, options), 0.25);
  EXPECT_EQ(flush_debt(3, 0, options), 0.5);
  EXPECT_EQ(flush_debt(4, 0, options), 1);
}

TEST_F(BacklogTest, WithRoomForOneSealedMemtableItIsFullAtOnce) {
  options.sealed_memtables_max = 1;
  EXPECT_EQ(flush_debt(0, 100, options), 0);
  EXPECT_EQ(flush_debt(1, 0, options), 1);
}

TEST_F(BacklogTest, TheRateFallsSmoothlyToNothing) {
  EXPECT_TRUE(std::isinf(write_rate(0)));
  double last = write_rate(0.01);
  EXPECT_GT(last, 2e9);
  for (double at = 0.02; at < 0.995; at += 0.01) {
    EXPECT_LT(write_rate(at), last);
    EXPECT_GT(write_rate(at), last / 5);
    last = write_rate(at);
  }
  EXPECT_LT(last, 20'000);
  EXPECT_EQ(write_rate(1), 0);
}

TEST_F(BacklogTest, TheReasonIsThatOfTheGreatestDebt) {
  const auto reason = [&](size_t sealed) { return stall_reason(Version(levels), options, sealed, 0); };
  EXPECT_EQ(reason(0), StallReason::none);
  EXPECT_EQ(reason(options.sealed_memtables_max), StallReason::memtables);
  add(6, 10'000);
  add(5, 2000);
  EXPECT_EQ(reason(0), StallReason::merging);
  for (int count = 0; count < 12; ++count) add(0, 1);
  EXPECT_EQ(reason(0), StallReason::level0_depth);
  EXPECT_EQ(reason(options.sealed_memtables_max), StallReason::memtables);
}

TEST_F(BacklogTest, MergesGoSlowlyUntilALevelOutgrowsItsSize) {
  const auto rate = [&](size_t waiting) { return merge_rate(Version(levels), options, waiting); };
  add(6, 1000);
  const double calm = rate(0);
  add(0, 210, "a", "b");
  EXPECT_GT(rate(0), calm);
  EXPECT_FALSE(std::isinf(rate(1)));
  EXPECT_TRUE(std::isinf(rate(2)));
  add(0, 50, "b", "c");
  EXPECT_TRUE(std::isinf(rate(0)));
}

}  // namespace
}  // namespace coppice::engine
