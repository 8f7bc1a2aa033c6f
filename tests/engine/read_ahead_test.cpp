#include "engine/table/read_ahead.hpp"

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {
namespace {

/// Remembers what was read, and cannot read from `damaged_at` on.
class CountedFile final : public RandomFile {
public:
  explicit CountedFile(size_t size) : bytes_(size, ' ') {
    Random random(1);
    for (char& c : bytes_) c = static_cast<char>(random.below(256));
  }

  Status read(uint64_t offset, size_t size, char* target) const override {
    ++reads;
    if (offset + size > damaged_at) return Error{Errc::io_error, "damaged"};
    bytes_.copy(target, size, offset);
    return success();
  }
  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }
  ByteView bytes() const { return bytes_; }

  mutable int reads = 0;
  uint64_t damaged_at = UINT64_MAX;

private:
  Bytes bytes_;
  const std::string name_ = "file";
};

class ReadAheadTest : public ::testing::Test {
protected:
  static constexpr size_t kBlock = 4000;

  void expect_read(uint64_t offset, size_t size = kBlock) {
    Bytes read(size, ' ');
    ASSERT_TRUE(ahead.read(offset, size, read.data()).ok());
    ASSERT_EQ(read, file.bytes().substr(offset, size));
  }

  CountedFile file{4 << 20};
  ReadAhead ahead{file};
};

TEST_F(ReadAheadTest, ALongWalkForwardReadsLargePieces) {
  for (uint64_t offset = 0; offset + kBlock <= file.size(); offset += kBlock) expect_read(offset);
  EXPECT_TRUE(ahead.is_long());
  EXPECT_LT(file.reads, 30);
}

TEST_F(ReadAheadTest, ALongWalkBackReadsLargePieces) {
  for (uint64_t end = file.size(); end >= kBlock; end -= kBlock) expect_read(end - kBlock);
  EXPECT_TRUE(ahead.is_long());
  EXPECT_LT(file.reads, 30);
}

TEST_F(ReadAheadTest, AShortWalkReadsWhatItNeeds) {
  for (const uint64_t begin : {0u, 1'000'000u, 2'000'000u}) {
    expect_read(begin);
    expect_read(begin + kBlock);
  }
  EXPECT_FALSE(ahead.is_long());
  EXPECT_EQ(file.reads, 6);
}

TEST_F(ReadAheadTest, WhatIsLeftOutDoesNotEndTheWalk) {
  for (uint64_t offset = 0; offset < 1'000'000; offset += 3 * kBlock) expect_read(offset);
  EXPECT_TRUE(ahead.is_long());
  EXPECT_LT(file.reads, 15);
}

TEST_F(ReadAheadTest, AnyReadsGiveTheFilesBytes) {
  Random random(2);
  for (int round = 0; round < 2'000; ++round) {
    const size_t size = 1 + random.below(random.one_in(10) ? 600'000 : 6'000);
    uint64_t offset = random.below(file.size() - size);
    const bool forward = random.one_in(2);
    for (uint64_t steps = random.below(20); steps > 0; --steps) {
      expect_read(offset, size);
      if (forward ? offset + 2 * size > file.size() : offset < size) break;
      offset = forward ? offset + size : offset - size;
    }
  }
}

TEST_F(ReadAheadTest, DamageFurtherOnIsNoFailureYet) {
  file.damaged_at = 10 * kBlock;
  for (uint64_t offset = 0; offset < file.damaged_at; offset += kBlock) expect_read(offset);
  char byte = 0;
  EXPECT_EQ(ahead.read(10 * kBlock, 1, &byte).error().code, Errc::io_error);
}

TEST(LongWalkTest, ALongWalkTakesFreeRoomInTheCacheAndPushesNothingOut) {
  constexpr size_t kTableSize = 6 << 20;
  std::vector<OwnedEntry> entries;
  for (size_t i = 0; i < kTableSize / 1000; ++i)
    entries.emplace_back("key" + std::to_string(100'000 + i), 1, Kind::put, Bytes(1000, 'v'));
  MemoryFileSystem files;
  BlockCache cache(2 << 20);
  const auto meta = write_table(files, {.number = 3, .unique_id = 77}, entries);
  ASSERT_TRUE(meta.ok());
  const TableReader table(files, "3", *meta, cache);

  const auto cursor = table.cursor({});
  EXPECT_EQ(all_entries(*cursor), entries);
  const BlockCacheStats first = cache.stats();
  EXPECT_GT(first.size, first.budget / 2);

  // What a walk leaves in the cache the next one finds.
  EXPECT_EQ(all_entries(*table.cursor({})), entries);
  const BlockCacheStats second = cache.stats();
  EXPECT_GE(second.hits - first.hits, first.blocks * 9 / 10);
}

}  // namespace
}  // namespace coppice::engine
