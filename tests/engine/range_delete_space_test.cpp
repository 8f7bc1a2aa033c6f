// What a range delete covers gives its space back, without anybody asking.
#include <gmock/gmock.h>

#include "tests/engine/tree_fixture.hpp"

namespace coppice::engine {
namespace {

constexpr int kKeyCount = 100'000;
constexpr int kKept = 5'000;

class RangeDeleteSpaceTest : public TreeFixture {
protected:
  void load() {
    stand.options.memtable_size = 1 << 20;
    stand.options.table_size = 256 << 10;
    reopen();
    for (int number = 0; number < kKeyCount; ++number) {
      ok(stand.put(key_of(number), Bytes(20, 'v')));
      if (stand.tree->memtable_full()) ok(stand.catch_up());
    }
    idle();
  }
  void delete_most() { ok(stand.delete_range(key_of(kKept / 2), key_of(kKeyCount - kKept / 2))); }
  /// What an owner does with a tree that is left alone.
  void idle() {
    if (stand.tree->deletes_tables()) ok(stand.tree->seal_memtable());
    ok(stand.catch_up());
    while (auto job = stand.tree->plan_merge(stand.snapshots, MergeNeed::idle))
      ok(stand.finish(std::move(job)));
  }
  uint64_t table_size() {
    uint64_t size = 0;
    for (const auto& file : std::filesystem::directory_iterator(stand.directory()))
      if (file.path().extension() == ".sst") size += file.file_size();
    return size;
  }
  uint64_t merged() {
    uint64_t size = 0;
    for (const LevelStats& level : stand.tree->stats().levels) size += level.bytes_merged;
    return size;
  }
};

TEST_F(RangeDeleteSpaceTest, AnIdleTreeIsSoonAsSmallAsWhatIsLeft) {
  load();
  const uint64_t whole = table_size();
  const uint64_t merged_before = merged();
  delete_most();
  idle();
  // The rest of two tables, and what merging their edges took.
  EXPECT_LT(table_size(), whole / 10);
  EXPECT_LT(merged() - merged_before, whole / 10);
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kKept));
  reopen();
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kKept));
}

TEST_F(RangeDeleteSpaceTest, TablesGoUnreadAndNothingIsWritten) {
  load();
  // The tables of one level go at once.
  ok(stand.compact());
  const uint64_t whole = table_size();
  delete_most();
  ok(stand.flush());
  auto job = stand.tree->plan_merge({});
  ASSERT_TRUE(job);
  const std::atomic<bool> never{false};
  job->run(never);
  EXPECT_EQ(job->bytes_read() + job->bytes_written(), 0u);
  ok(stand.tree->install(*std::move(job)));
  EXPECT_LT(table_size(), whole / 5);
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kKept));
}

TEST_F(RangeDeleteSpaceTest, ASnapshotKeepsItAllUntilItIsReleased) {
  load();
  const uint64_t whole = table_size();
  const Timestamp before = stand.tree->last_commit();
  stand.snapshots = {before};
  delete_most();
  idle();
  EXPECT_GE(table_size(), whole);
  EXPECT_EQ(stand.items(before).size(), static_cast<size_t>(kKeyCount));
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kKept));

  stand.snapshots.clear();
  idle();
  EXPECT_LT(table_size(), whole / 8);
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kKept));
}

TEST_F(RangeDeleteSpaceTest, WhatMergesKeptForASnapshotGoesToo) {
  load();
  const uint64_t whole = table_size();
  const Timestamp before = stand.tree->last_commit();
  stand.snapshots = {before};
  delete_most();
  // Every table now holds the range delete, beside what it hides.
  ok(stand.compact());
  EXPECT_EQ(stand.items(before).size(), static_cast<size_t>(kKeyCount));
  idle();
  EXPECT_GE(table_size(), whole);

  stand.snapshots.clear();
  idle();
  EXPECT_LT(table_size(), whole / 10);
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kKept));
}

TEST_F(RangeDeleteSpaceTest, AReaderGoesOnWithWhatItHolds) {
  load();
  const uint64_t whole = table_size();
  auto cursor = stand.reader->cursor({}, {.at = {}, .cached_only = false});
  ASSERT_TRUE(cursor.ok());
  ASSERT_NE((*cursor)->seek(""), nullptr);
  delete_most();
  idle();
  EXPECT_GE(table_size(), whole);
  int count = 1;
  while ((*cursor)->next() != nullptr) ++count;
  EXPECT_EQ(count, kKeyCount);
  cursor = Error{Errc::cancelled, "done"};
  idle();
  EXPECT_LT(table_size(), whole / 10);
}

TEST_F(RangeDeleteSpaceTest, WhatIsWrittenAgainStays) {
  load();
  const uint64_t whole = table_size();
  delete_most();
  for (int number = 10'000; number < 10'500; ++number) ok(stand.put(key_of(number), "again"));
  idle();
  EXPECT_LT(table_size(), whole / 5);
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kKept + 500));
  EXPECT_EQ(stand.get(key_of(10'499)), "again");
}

TEST_F(RangeDeleteSpaceTest, AQueuePoppedByRangesStaysSmall) {
  stand.options.memtable_size = 256 << 10;
  stand.options.table_size = 64 << 10;
  reopen();
  constexpr int kLength = 2'000;
  for (int number = 0; number < kKeyCount; ++number) {
    ok(stand.put(key_of(number), Bytes(20, 'v')));
    if (number >= kLength && number % 100 == 0)
      ok(stand.delete_range(key_of(number - kLength - 100), key_of(number - kLength)));
    if (stand.tree->memtable_full()) ok(stand.catch_up());
  }
  idle();
  EXPECT_LT(table_size(), 1u << 20);
  EXPECT_EQ(stand.items().size(), static_cast<size_t>(kLength) + 100);
}

}  // namespace
}  // namespace coppice::engine
