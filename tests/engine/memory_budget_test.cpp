// One budget for what memtables, blocks, filters and pages take, of several trees.
#include <cstdio>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "engine/base/random.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/memtable_memory.hpp"
#include "engine/tree.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::engine {
namespace {

void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

Bytes key_of(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "key%012llu", static_cast<unsigned long long>(number));
  return text;
}

/// Trees that share a cache, each with an owner who does what is due.
class Grove {
public:
  Grove(FileSystem& files, std::string directory, const MemoryBudget& budget, size_t tree_count,
        const TreeOptions& options)
      : cache(budget), files_(files), directory_(std::move(directory)) {
    for (size_t i = 0; i < tree_count; ++i) {
      const TreeEnv env{files_, cache, i};
      const std::string path = directory_ + "/" + std::to_string(i);
      ok(Tree::create(env, path, {}));
      auto tree = Tree::open(env, path, options);
      ok(tree.status());
      trees.push_back(*std::move(tree));
    }
  }

  Status put(size_t tree, ByteView key, ByteView value) {
    Batch batch;
    COPPICE_TRY(batch.put(key, value));
    return trees[tree]->write(batch, Timestamp{++clock_}, Durability::buffered);
  }
  /// What is due, once.
  void care_for(size_t index) {
    Tree& tree = *trees[index];
    if (tree.memtable_full()) ok(tree.seal_memtable());
    while (auto job = tree.plan_flush({})) finish(tree, *std::move(job));
    while (auto job = tree.plan_merge({})) finish(tree, *std::move(job));
  }

  BlockCache cache;
  std::vector<std::unique_ptr<Tree>> trees;

private:
  void finish(Tree& tree, Job job) {
    job.run(never_);
    ok(tree.install(std::move(job)));
  }

  FileSystem& files_;
  const std::string directory_;
  const std::atomic<bool> never_{false};
  uint64_t clock_ = 0;
};

TEST(MemoryBudgetTest, MemtablesTakeFromTheCacheAndGiveBackWhenTheyAreFlushed) {
  MemoryFileSystem files;
  Grove grove(files, "", {.size = 8 << 20}, 1, {.memtable_size = 1 << 20});
  EXPECT_EQ(grove.cache.stats().memtables, 0u) << "an empty memtable counts";
  for (uint64_t i = 0; i < 8'000; ++i) grove.cache.insert({1, i}, Bytes(4000, 'x'));
  const BlockCacheStats before = grove.cache.stats();
  EXPECT_GT(before.size, before.budget * 9 / 10);

  while (!grove.trees[0]->memtable_full())
    ok(grove.put(0, key_of(grove.trees[0]->last_commit().raw), Bytes(100, 'v')));
  const BlockCacheStats full = grove.cache.stats();
  EXPECT_GE(full.memtables, 1u << 20);
  EXPECT_GE(full.memtables, grove.trees[0]->stats().memtable_size);
  EXPECT_LE(full.size, full.budget);
  EXPECT_LT(full.blocks, before.blocks);

  grove.care_for(0);
  const BlockCacheStats after = grove.cache.stats();
  EXPECT_EQ(after.memtables, 0u);
  for (uint64_t i = 0; i < 8'000; ++i) grove.cache.insert({2, i}, Bytes(4000, 'y'));
  EXPECT_GT(grove.cache.stats().blocks, full.blocks);
}

TEST(MemoryBudgetTest, AMemtableCountsUntilItsLastReaderLetsGo) {
  MemoryFileSystem files;
  Grove grove(files, "", {.size = 8 << 20}, 1, {.memtable_size = 1 << 20});
  for (uint64_t i = 0; i < 1000; ++i) ok(grove.put(0, key_of(i), "value"));
  auto cursor = grove.trees[0]->reader()->cursor({}, {});
  ASSERT_TRUE(cursor.ok());
  ok(grove.trees[0]->seal_memtable());
  grove.care_for(0);
  EXPECT_GT(grove.cache.stats().memtables, 0u);
  cursor->reset();
  ok(grove.put(0, "k", "v"));
  ok(grove.trees[0]->seal_memtable());  // lets go of what nobody reads
  grove.care_for(0);
  EXPECT_EQ(grove.cache.stats().memtables, 0u);
}

TEST(MemoryBudgetTest, MemtablesOfManyTreesKeepToTheirPartAndNoTreeWaitsForAnother) {
  MemoryFileSystem files;
  // Each by itself might take more than all together may.
  constexpr size_t kTreeCount = 12;
  Grove grove(files, "", {.size = 16 << 20}, kTreeCount, {.memtable_size = 8 << 20});
  const size_t most = grove.cache.memtables_max();
  Random random(5);
  std::vector<uint64_t> written(kTreeCount);
  uint64_t refused = 0;
  for (int i = 0; i < 60'000; ++i) {
    // Some are written far more than others, and some stop for good.
    const size_t tree = random.below(1 + random.below(i < 30'000 ? kTreeCount : kTreeCount / 2));
    const Status put = grove.put(tree, key_of(random.below(100'000)), Bytes(400, 'v'));
    if (put.ok()) {
      ++written[tree];
    } else {
      ASSERT_EQ(put.error().code, Errc::unavailable);
      ++refused;
      // An owner looks after its tree, and nobody else after it.
      grove.care_for(tree);
    }
    if (i % 64 == 0) grove.care_for(random.below(kTreeCount));
    ASSERT_LE(grove.cache.stats().memtables, most + most / 10);
  }
  for (const uint64_t count : written) EXPECT_GT(count, 100u);
  // Whoever has less than its share may write at once, whatever all others hold.
  for (size_t tree = 0; tree < kTreeCount; ++tree) {
    grove.care_for(tree);
    EXPECT_TRUE(grove.put(tree, "k", "v").ok());
  }
}

TEST(MemoryBudgetTest, ATreeOnlyTakesNoWritesWhileMemtablesTakeAllThatTheyMay) {
  MemoryFileSystem files;
  Grove grove(files, "", {.size = 4 << 20}, 2, {.memtable_size = 64 << 20});
  uint64_t number = 0;
  ok(grove.put(1, "k", Bytes(400, 'v')));
  Status put;
  while ((put = grove.put(0, key_of(++number), Bytes(400, 'v'))).ok()) ASSERT_LT(number, 100'000u);
  EXPECT_EQ(put.error().code, Errc::unavailable);
  EXPECT_GE(grove.trees[0]->debt(), 1);
  EXPECT_EQ(grove.trees[0]->stall_reason(), StallReason::memory);
  EXPECT_NE(put.error().text.find("give the store more memory"), std::string::npos) << put.error().text;
  EXPECT_TRUE(grove.put(1, "k", "v").ok()) << "it has less than its share";
  grove.care_for(0);
  EXPECT_LT(grove.trees[0]->debt(), 1);
  EXPECT_TRUE(grove.put(0, key_of(number), "v").ok());
}

TEST(MemoryBudgetTest, OwnersAndReadersOfManyThreadsLeaveNothingCounted) {
  constexpr int kOwnerCount = 4;
  constexpr int kMemtables = 60;
  BlockCache cache({.size = 4 << 20});
  std::mutex lock;
  std::vector<std::shared_ptr<Memtable>> read;  // by somebody, longer than their owners know
  std::vector<std::thread> threads;
  for (uint64_t owner = 0; owner < kOwnerCount; ++owner) {
    threads.emplace_back([&, owner] {
      MemtableMemory memory(cache);
      Random random(owner);
      for (int i = 0; i < kMemtables; ++i) {
        std::shared_ptr<Memtable> memtable = memory.make(random.next(), 64 << 10);
        for (uint64_t number = 0; number < 200 && !memory.is_crowded(memtable->size()); ++number) {
          memtable->insert({key_of(number), Timestamp{1}, Kind::put, "value"});
          memory.count(*memtable);
        }
        EXPECT_GE(memory.debt(), 0);
        EXPECT_GE(cache.taken(MemoryUse::memtables), memtable->size());
        cache.insert({owner, random.next()}, Bytes(5'000, 'x'));
        const std::lock_guard guard(lock);
        read.push_back(std::move(memtable));
        // Lets go of what another made.
        std::swap(read.back(), read[random.below(read.size())]);
        if (read.size() > 8) read.pop_back();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache.tree_count(), 0u);
  EXPECT_GT(cache.taken(MemoryUse::memtables), 0u);
  read.clear();
  EXPECT_EQ(cache.taken(MemoryUse::memtables), 0u);
  EXPECT_LE(cache.stats().size, cache.stats().budget);
}

#if !COPPICE_SANITIZED

/// What the process holds that no file backs, in bytes.
size_t memory_in_use() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) << 10;
  return 0;
}

/// By the size from which values lie apart; 0: never.
class ProcessMemoryTest : public ::testing::TestWithParam<size_t> {};

TEST_P(ProcessMemoryTest, IsTheBudgetWithinATenth) {
  malloc_trim(0);
  constexpr size_t kBudget = 64 << 20;
  constexpr uint64_t kKeyCount = 60'000;
  PosixFileSystem files;
  const TemporaryDirectory directory;
  const size_t before = memory_in_use();
  Grove grove(files, directory.path(), {.size = kBudget}, 4,
              {.memtable_size = 8 << 20, .value_threshold = GetParam()});
  std::vector<std::shared_ptr<TreeReader>> readers;
  for (const auto& tree : grove.trees) readers.push_back(tree->reader());
  Random random(6);
  Bytes value;
  const auto check = [&] {
    EXPECT_LE(static_cast<double>(memory_in_use() - before), 1.1 * kBudget);
    // What merges needed is free, and the allocator may keep some of that.
    malloc_trim(0);
    const auto in_use = static_cast<double>(memory_in_use() - before);
    EXPECT_NEAR(in_use, static_cast<double>(grove.cache.stats().size), 0.1 * kBudget);
  };
  // More than fits, and values that do not compress, so that pages are touched.
  for (int i = 0; i < 240'000; ++i) {
    const size_t tree = random.below(4);
    value.resize(200 + random.below(400));
    for (size_t at = 0; at + 8 <= value.size(); at += 8) {
      const uint64_t word = random.next();
      value.replace(at, 8, reinterpret_cast<const char*>(&word), 8);
    }
    ok(grove.put(tree, key_of(random.below(kKeyCount)), value));
    if (grove.trees[tree]->memtable_full()) grove.care_for(tree);
    if (i % 40'000 == 39'999) check();
    const size_t other = random.below(4);
    if (i % 2 == 0) ok(readers[other]->get(key_of(random.below(kKeyCount)), {}, value).status());
  }
  for (int i = 0; i < 200'000; ++i)
    ok(readers[random.below(4)]->get(key_of(random.below(kKeyCount)), {}, value).status());
  check();
  EXPECT_GT(grove.cache.stats().size, kBudget * 9 / 10);
}

INSTANTIATE_TEST_SUITE_P(OfTrees, ProcessMemoryTest, ::testing::Values(0, 300), [](const auto& each) {
  return each.param == 0 ? "WithValuesInTables" : "WithValuesApart";
});

#endif

}  // namespace
}  // namespace coppice::engine
