// What is particular to trees in memory; what they share with others is in storage_test.cpp.
#include <gmock/gmock.h>

#include "engine/in_memory/memory_engine.hpp"
#include "engine/table/block_cache.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

class MemoryStorageTest : public ::testing::Test {
protected:
  static constexpr size_t kMemtablesMax = 2 << 20;

  std::unique_ptr<Storage> make(const std::string& directory) {
    const TreeEnv env{.files = files, .cache = cache};
    EXPECT_TRUE(engine.create(env, directory, {}).ok());
    auto opened = engine.open(env, directory, TreeShape(TreeOptions{.memtable_size = 256 << 10}));
    EXPECT_TRUE(opened.ok());
    return *std::move(opened);
  }
  Status write(Storage& tree, const Batch& batch) {
    return tree.write(batch, Timestamp{++clock}, Durability::memory);
  }
  Status put(Storage& tree, uint64_t number) {
    Batch batch;
    COPPICE_TRY(batch.put("key " + std::to_string(number), Bytes(1000, 'v')));
    return write(tree, batch);
  }
  Status remove_all(Storage& tree) {
    Batch batch;
    COPPICE_TRY(batch.delete_range({}, {}));
    return write(tree, batch);
  }
  /// As a shard does; how often something was due.
  static int care_for(Storage& tree) {
    int flushes = 0;
    for (; tree.memtable_full(); ++flushes) {
      EXPECT_TRUE(tree.seal_memtable().ok());
      auto job = tree.plan_flush({});
      if (!job) return -1;
      job->run(std::atomic<bool>{false});
      EXPECT_TRUE(tree.install(*std::move(job)).ok());
    }
    return flushes;
  }
  /// Puts until one is refused; how many were not.
  uint64_t fill(Storage& tree, Status& refused) {
    for (uint64_t count = 0;; ++count) {
      refused = put(tree, count);
      if (!refused.ok() || count > kMemtablesMax) return count;
      EXPECT_GE(care_for(tree), 0);
    }
  }

  MemoryFileSystem files;
  BlockCache cache{MemoryBudget{.size = 2 * kMemtablesMax, .memtables_max = kMemtablesMax}};
  const MemoryEngine engine;
  uint64_t clock = 0;
};

TEST_F(MemoryStorageTest, HoldsNoMoreThanItMayAndThenStillDeletes) {
  const auto tree = make("/tree");
  Status refused;
  const uint64_t count = fill(*tree, refused);
  EXPECT_GT(count, 1000u);
  EXPECT_LT(count, kMemtablesMax / 1000);
  ASSERT_EQ(refused.error().code, Errc::out_of_space);
  EXPECT_THAT(refused.error().text, HasSubstr("of the 2097152 bytes that it may"));
  EXPECT_LE(cache.taken(MemoryUse::memtables), kMemtablesMax + (128 << 10));
  Bytes value;
  EXPECT_TRUE(*tree->reader()->get("key 7", {}, value));
  EXPECT_FALSE(put(*tree, 0).ok());

  EXPECT_TRUE(remove_all(*tree).ok());
  EXPECT_EQ(care_for(*tree), 1);
  EXPECT_LT(cache.taken(MemoryUse::memtables), kMemtablesMax / 8);
  EXPECT_TRUE(put(*tree, 0).ok());
  EXPECT_EQ(care_for(*tree), 0);
}

TEST_F(MemoryStorageTest, AllTreesTogetherHoldThatMuch) {
  const auto one = make("/one");
  const auto other = make("/other");
  Status refused;
  fill(*one, refused);
  EXPECT_EQ(put(*other, 0).error().code, Errc::out_of_space);
  EXPECT_TRUE(remove_all(*one).ok());
  EXPECT_EQ(care_for(*one), 1);
  EXPECT_TRUE(put(*other, 0).ok());
}

TEST_F(MemoryStorageTest, WhatIsClosedCountsNoLonger) {
  {
    const auto tree = make("/tree");
    Status refused;
    fill(*tree, refused);
  }
  EXPECT_EQ(cache.taken(MemoryUse::memtables), 0u);
}

}  // namespace
}  // namespace coppice::engine
