// Memory of open tables: counted in the cache's budget, and given back by tables that nobody reads.
#include "engine/unread_tables.hpp"

#include <cstdio>
#include <thread>

#include <gtest/gtest.h>
#include <malloc.h>

#include "engine/base/random.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

constexpr uint64_t kKeyCount = 240'000;
constexpr size_t kBudget = 1 << 20;

Bytes key_of(uint64_t number) {
  char text[16];
  std::snprintf(text, sizeof text, "key%08u", static_cast<unsigned>(number));
  return text;
}
Bytes value_of(uint64_t number) { return "value " + std::to_string(number); }

/// Some hundred tables in the last level, whose filters and pages take more than the whole cache may.
class UnreadTablesTest : public ::testing::Test {
protected:
  UnreadTablesTest() {
    stand.cache_size = kBudget;
    stand.options.filter_false_positive_rate = 0.00001;
    ok(stand.create());
    ok(stand.open());
    for (uint64_t number = 0; number < kKeyCount;) {
      Batch batch;
      for (int i = 0; i < 1000; ++i, ++number) ok(batch.put(key_of(number), value_of(number)));
      ok(stand.write(batch));
      ok(stand.catch_up());
    }
    ok(stand.compact());
    ok(stand.open());
  }

  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  /// A key of every table that has some in [begin, end), and of most several.
  void read(uint64_t begin, uint64_t end) {
    for (uint64_t number = begin; number < end; number += 500)
      ASSERT_EQ(stand.get(key_of(number)), value_of(number));
  }
  BlockCacheStats cache() { return stand.env().cache.stats(); }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_F(UnreadTablesTest, TablesThatNobodyReadsMakeRoomForThoseThatAreRead) {
  read(0, kKeyCount / 2);
  const uint64_t held_of_first = cache().reserved;
  ASSERT_GT(held_of_first, kBudget * 2 / 5) << "the first half was to use up what may be held";

  stand.tree->let_go_unread();  // all of them were just read
  EXPECT_EQ(cache().reserved, held_of_first);

  // What had no room is noticed, and the tables of the first half were not read since.
  read(kKeyCount / 2, kKeyCount);
  EXPECT_LE(cache().size - cache().memtables, kBudget);
  stand.tree->let_go_unread();
  const uint64_t roots_of_second = cache().reserved;
  EXPECT_LT(roots_of_second, held_of_first / 2);

  read(kKeyCount / 2, kKeyCount);
  EXPECT_GT(cache().reserved, kBudget * 2 / 5);
  read(0, kKeyCount);
  EXPECT_LE(cache().size - cache().memtables, kBudget);
}

TEST_F(UnreadTablesTest, WhileThereIsRoomTablesStayOpen) {
  read(0, 20'000);
  const uint64_t held = cache().reserved;
  for (int i = 0; i < 3; ++i) stand.tree->let_go_unread();
  EXPECT_EQ(cache().reserved, held);
}

TEST_F(UnreadTablesTest, TablesOfOneTreeMakeRoomForThoseOfAnother) {
  TreeEnv env = stand.env();
  read(0, kKeyCount / 2);
  stand.tree->let_go_unread();
  ASSERT_GT(cache().reserved, kBudget * 2 / 5);

  ok(files.make_directory("/other"));
  ok(Tree::create(env, "/other", {}));
  auto other = Tree::open(env, "/other", stand.options);
  ASSERT_TRUE(other.ok());
  Batch batch;
  for (uint64_t number = 0; number < 20'000; ++number) ok(batch.put(key_of(number), value_of(number)));
  ok((*other)->write(batch, Timestamp{1}, Durability::buffered));
  ok((*other)->seal_memtable());
  const std::atomic<bool> never{false};
  auto job = (*other)->plan_flush({});
  ASSERT_TRUE(job);
  job->run(never);
  ok((*other)->install(*std::move(job)));
  const auto reader = (*other)->reader();
  for (uint64_t number = 0; number < 20'000; number += 500) ASSERT_TRUE(*reader->get(key_of(number), {}));
  (*other)->let_go_unread();

  const uint64_t before = cache().reserved;
  stand.tree->let_go_unread();
  EXPECT_LT(cache().reserved, before / 2);
}

TEST_F(UnreadTablesTest, ACursorKeepsWhatItReadsFrom) {
  auto cursor = stand.reader->cursor({}, {});
  ASSERT_TRUE(cursor.ok());
  const Item* item = (*cursor)->seek("");
  read(kKeyCount / 2, kKeyCount);
  for (int i = 0; i < 2; ++i) {
    stand.tree->let_go_unread();
    read(kKeyCount / 2, kKeyCount);
  }
  uint64_t number = 0;
  for (; item != nullptr; item = (*cursor)->next(), ++number) ASSERT_EQ(item->value, value_of(number));
  EXPECT_EQ(number, kKeyCount);
}

TEST_F(UnreadTablesTest, AFileStaysUntilTheLastHandleOfItsTableIsGone) {
  for (uint64_t number = 0; number < kKeyCount; number += 100) ok(stand.put(key_of(number), "new"));
  ok(stand.flush());
  std::vector<std::unique_ptr<VisibleCursor>> cursors;
  // Each job holds the tables as they were open then, each cursor the same ones by handles that are not open yet.
  while (auto job = stand.tree->plan_merge_range({}, {})) {
    read(1, kKeyCount);
    stand.tree->let_go_unread();
    stand.tree->let_go_unread();
    auto cursor = stand.reader->cursor({}, {});
    ASSERT_TRUE(cursor.ok());
    cursors.push_back(*std::move(cursor));
    ok(stand.finish(std::move(job)));
  }
  for (const auto& cursor : cursors) {
    uint64_t number = 0;
    for (const Item* item = cursor->seek(""); item != nullptr; item = cursor->next(), ++number)
      ASSERT_EQ(item->value, number % 100 == 0 ? "new" : value_of(number));
    ok(cursor->status());
    EXPECT_EQ(number, kKeyCount);
  }

  const auto count_files = [&] { return files.list(stand.directory())->size(); };
  const size_t before = count_files();
  cursors.clear();
  ok(stand.tree->close());
  EXPECT_LT(count_files(), before * 2 / 3);
}

TEST_F(UnreadTablesTest, RangeDeletesOfTablesCount) {
  const KeyRange range{key_of(0), key_of(4'000)};
  ASSERT_TRUE(stand.scan({}, range).ok());
  const uint64_t before = cache().reserved;
  for (uint64_t number = 0; number < 4'000; number += 20)
    ok(stand.delete_range(key_of(number), key_of(number + 10)));
  ok(stand.flush());
  ASSERT_TRUE(stand.scan({}, range).ok());
  EXPECT_GT(cache().reserved, before + 200 * sizeof(RangeDeletes::Fragment));
}

TEST_F(UnreadTablesTest, ReadersOnOtherThreadsSeeNothingOfIt) {
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::atomic<uint64_t> reads{0};
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 3; ++seed)
    threads.emplace_back([&, seed] {
      Random random(seed);
      // Each stays in one place for a while, so that other tables go unread.
      for (uint64_t base = 0; !done; base = random.below(kKeyCount - 4'000))
        for (int i = 0; i < 50; ++i, ++reads) {
          const uint64_t number = base + random.below(4'000);
          const auto found = stand.reader->get(key_of(number), {});
          if (!found.ok() || *found != value_of(number)) ++wrong;
        }
    });
  threads.emplace_back([&] {
    while (!done) {
      auto cursor = stand.reader->cursor({}, {});
      uint64_t number = 0;
      for (const Item* item = (*cursor)->seek(""); item != nullptr && number < 30'000 && !done;
           item = (*cursor)->next(), ++number)
        if (item->value != value_of(number)) ++wrong;
    }
  });
  for (uint64_t round = 0; round < 200; ++round) {
    const uint64_t until = reads + 100;
    while (reads < until) std::this_thread::yield();
    stand.tree->let_go_unread();
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  // What earlier views keep counts too, until they are reclaimed, as they are when the next is published.
  Batch batch;
  ok(batch.put(key_of(0), value_of(0)));
  ok(stand.write(batch));
  ok(stand.tree->seal_memtable());
  EXPECT_LE(cache().size - cache().memtables, kBudget);
}

#if !COPPICE_SANITIZED

TEST_F(UnreadTablesTest, WhatTheCacheCountsIsWhatWasAllocated) {
  const auto allocated = [] {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  for (uint64_t number = 0; number < 2'000; number += 20)
    ok(stand.delete_range(key_of(number), key_of(number + 10)));
  ok(stand.flush());
  ok(stand.open());
  const auto check = [&, before = cache().reserved, allocated_before = allocated()] {
    const auto counted = static_cast<double>(cache().reserved - before);
    EXPECT_NEAR(static_cast<double>(allocated() - allocated_before), counted, counted / 10);
    EXPECT_LE(cache().size - cache().memtables, kBudget);
  };
  read(10'000, 60'000);
  check();
  read(10'000, kKeyCount);
  check();
  stand.tree->let_go_unread();
  for (int i = 0; i < 3; ++i) {
    read(200'000, kKeyCount);
    stand.tree->let_go_unread();
  }
  check();
}

#endif

}  // namespace
}  // namespace coppice::engine
