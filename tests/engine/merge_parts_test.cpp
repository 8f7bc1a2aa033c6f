// A large merge is cut into parts that run on several threads: what comes out is what one would have made.
#include <algorithm>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/engine/tree_fixture.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/seed.hpp"

namespace coppice::engine {
namespace {

constexpr int kKeyCount = 8000;

/// Runs every part on a thread of its own.
void run_at_once(Job& job) {
  const std::atomic<bool> never{false};
  std::vector<std::thread> threads;
  for (size_t part = 0; part < job.part_count(); ++part)
    threads.emplace_back([&job, &never, part] { job.run_part(part, never); });
  for (std::thread& thread : threads) thread.join();
}

class MergePartsTest : public ::testing::Test {
protected:
  MergePartsTest() {
    stand.options.memtable_size = 8 << 20;
    open(stand);
    fill();
  }
  static void open(TreeStand& tree) {
    ASSERT_TRUE(tree.create().ok());
    ASSERT_TRUE(tree.open().ok());
  }
  void fill() {
    for (int number = 0; number < kKeyCount; ++number)
      ASSERT_TRUE(stand.put(key_of(number), Bytes(100, 'v')).ok());
    ASSERT_TRUE(stand.compact().ok());
    ASSERT_GT(stand.tree->stats().levels.back().tables, 6u);
  }

  /// Of files in the directory.
  size_t table_count() {
    const auto names = *files.list(stand.directory());
    return static_cast<size_t>(
        std::ranges::count_if(names, [](const std::string& name) { return name.ends_with(".sst"); }));
  }

  MemoryFileSystem files;
  TreeStand stand{files, "/tree"};
};

/// Puts, deletes and range deletes that reach far, with moments in between that somebody still reads.
void change(TreeStand& tree, uint64_t seed) {
  Random random(seed);
  const auto any_key = [&] { return key_of(static_cast<int>(random.below(kKeyCount))); };
  for (int step = 0; step < 6000; ++step) {
    if (random.one_in(3)) {
      ASSERT_TRUE(tree.remove(any_key()).ok());
    } else if (random.one_in(300)) {
      const int begin = static_cast<int>(random.below(kKeyCount));
      const int end = begin + 1 + static_cast<int>(random.below(kKeyCount / 3));
      ASSERT_TRUE(tree.delete_range(key_of(begin), random.one_in(20) ? "" : key_of(end)).ok());
    } else {
      ASSERT_TRUE(tree.put(any_key(), Bytes(90, static_cast<char>('a' + step % 26))).ok());
    }
    if (step % 1500 == 700) tree.snapshots.push_back(tree.tree->last_commit());
    if (step % 2000 == 1999) {
      ASSERT_TRUE(tree.flush().ok());
    }
  }
  ASSERT_TRUE(tree.flush().ok());
}

TEST_F(MergePartsTest, GiveWhatTheWholeGives) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed);
  TreeStand whole(files, "/whole");
  whole.options = stand.options;
  // So large that nothing is cut.
  whole.options.table_size = 64 << 20;
  open(whole);
  for (int number = 0; number < kKeyCount; ++number)
    ASSERT_TRUE(whole.put(key_of(number), Bytes(100, 'v')).ok());
  ASSERT_TRUE(whole.compact().ok());

  for (TreeStand* tree : {&stand, &whole}) change(*tree, seed);
  size_t parts_max = 0;
  while (auto job = stand.tree->plan_merge_range({}, stand.snapshots)) {
    parts_max = std::max(parts_max, job->part_count());
    run_at_once(*job);
    ASSERT_TRUE(stand.tree->install(*std::move(job)).ok());
  }
  EXPECT_GE(parts_max, 3u);
  ASSERT_TRUE(whole.compact().ok());

  EXPECT_EQ(stand.items(), whole.items());
  for (const Timestamp snapshot : stand.snapshots) EXPECT_EQ(stand.items(snapshot), whole.items(snapshot));
  EXPECT_EQ(stand.tree->stats().levels.back().entries, whole.tree->stats().levels.back().entries);
  ASSERT_TRUE(stand.reader->verify({}).ok());
  // And it is on the disk like that.
  const TreeStand::Items before = stand.items();
  ASSERT_TRUE(stand.tree->close().ok());
  ASSERT_TRUE(stand.open().ok());
  EXPECT_EQ(stand.items(), before);
}

TEST_F(MergePartsTest, FailTogetherAndLeaveNothing) {
  change(stand, 1);
  const TreeStand::Items before = stand.items();
  const size_t count = table_count();
  auto job = stand.tree->plan_merge_range({}, stand.snapshots);
  ASSERT_TRUE(job);
  ASSERT_GE(job->part_count(), 3u);

  const std::atomic<bool> never{false};
  job->run_part(0, never);
  files.set_room(1000);
  job->run_part(1, never);
  files.heal();
  for (size_t part = 2; part < job->part_count(); ++part) job->run_part(part, never);
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::out_of_space);
  EXPECT_EQ(table_count(), count);
  EXPECT_EQ(stand.items(), before);

  ASSERT_TRUE(stand.compact().ok());
  EXPECT_EQ(stand.items(), before);
}

TEST_F(MergePartsTest, OneThatNeverRanFailsTheJob) {
  change(stand, 1);
  const size_t count = table_count();
  auto job = stand.tree->plan_merge_range({}, stand.snapshots);
  ASSERT_TRUE(job);
  const std::atomic<bool> never{false};
  for (size_t part = 1; part < job->part_count(); ++part) job->run_part(part, never);
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::cancelled);
  EXPECT_EQ(table_count(), count);
}

}  // namespace
}  // namespace coppice::engine
