// Readers on other threads while the owner writes, flushes and merges. Meant for the thread sanitizer.
#include <thread>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/io/posix_file.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

constexpr int kKeyCount = 64;

Bytes key_of(uint64_t number) { return "key" + std::to_string(100 + number); }

/// Every batch writes the same number under every key, so a reader that sees two numbers has seen half of one.
class TreeConcurrencyTest : public ::testing::Test {
protected:
  TreeConcurrencyTest() {
    EXPECT_TRUE(stand.create().ok());
    EXPECT_TRUE(stand.open().ok());
    write(0);
  }

  void write(int round) {
    Batch batch;
    // Long enough that memtables fill and merges have work.
    const Bytes value = std::to_string(round) + " " + Bytes(100, 'v');
    if (round % 5 == 0) {
      EXPECT_TRUE(batch.delete_range("key", "l").ok());
    }
    for (uint64_t number = 0; number < kKeyCount; ++number)
      EXPECT_TRUE(batch.put(key_of(number), value).ok());
    EXPECT_TRUE(stand.write(batch).ok());
  }

  static int round_of(ByteView value) { return std::stoi(std::string(value)); }

  void read_keys(uint64_t seed) {
    Random random(seed);
    int last = 0;
    while (!done) {
      const auto found = reader->get(key_of(random.below(kKeyCount)), {});
      ASSERT_TRUE(found.ok());
      ASSERT_TRUE(*found);
      // Time does not run backwards.
      ASSERT_GE(round_of(**found), last);
      last = round_of(**found);
      ++reads;
    }
  }

  void scan(bool forward) {
    while (!done) {
      auto cursor = reader->cursor({}, {});
      ASSERT_TRUE(cursor.ok());
      int count = 0;
      std::optional<int> round;
      for (const Item* item = forward ? (*cursor)->seek("") : (*cursor)->seek_last(); item != nullptr;
           item = forward ? (*cursor)->next() : (*cursor)->prev()) {
        if (!round) round = round_of(item->value);
        ASSERT_EQ(round_of(item->value), *round);
        ++count;
      }
      ASSERT_TRUE((*cursor)->status().ok());
      ASSERT_EQ(count, kKeyCount);
      ++reads;
    }
  }

  PosixFileSystem files;
  TemporaryDirectory temporary;
  TreeStand stand{files, temporary.path() + "/tree"};
  std::shared_ptr<TreeReader> reader = stand.tree ? stand.tree->reader() : nullptr;
  std::atomic<bool> done{false};
  std::atomic<uint64_t> reads{0};
};

TEST_F(TreeConcurrencyTest, ReadersSeeWholeBatchesDuringWritesFlushesAndMerges) {
  reader = stand.tree->reader();
  std::vector<std::thread> readers;
  readers.emplace_back([this] { read_keys(1); });
  readers.emplace_back([this] { read_keys(2); });
  readers.emplace_back([this] { scan(true); });
  readers.emplace_back([this] { scan(false); });

  // Jobs run on a thread of their own, one at a time, while the owner goes on writing.
  std::optional<Job> job;
  std::thread compactor;
  std::atomic<bool> ran{false};
  const std::atomic<bool> never{false};
  for (int round = 1; round < 1500; ++round) {
    if (job && ran) {
      compactor.join();
      ASSERT_TRUE(stand.tree->install(*std::move(job)).ok());
      job.reset();
    }
    if (stand.tree->memtable_full()) {
      ASSERT_TRUE(stand.tree->seal_memtable().ok());
    }
    if (!job) {
      job = stand.tree->plan_flush({});
      if (!job) job = stand.tree->plan_merge({});
      ran = false;
      if (job) compactor = std::thread([&] { job->run(never), ran = true; });
    }
    while (stand.tree->debt() >= 0.9 && !ran) std::this_thread::yield();
    if (stand.tree->debt() < 1) write(round);
  }
  done = true;
  for (std::thread& each : readers) each.join();
  if (compactor.joinable()) compactor.join();
  if (job) {
    EXPECT_TRUE(stand.tree->install(*std::move(job)).ok());
  }
  EXPECT_GT(reads, 0u);
  EXPECT_GT(stand.tree->stats().merges, 0u);
}

TEST_F(TreeConcurrencyTest, ReadersOutliveTheTree) {
  reader = stand.tree->reader();
  std::vector<std::thread> readers;
  std::atomic<int> seen{0};
  for (int index = 0; index < 3; ++index)
    readers.emplace_back([&] {
      for (;;) {
        const auto found = reader->get(key_of(1), {});
        if (!found.ok()) {
          EXPECT_EQ(found.error().code, Errc::unavailable);
          return;
        }
        auto cursor = reader->cursor({}, {});
        if (cursor.ok()) {
          EXPECT_NE((*cursor)->seek(""), nullptr);
        }
        ++seen;
      }
    });
  while (seen < 100) std::this_thread::yield();
  stand.drop();
  for (std::thread& each : readers) each.join();
}

}  // namespace
}  // namespace coppice::engine
