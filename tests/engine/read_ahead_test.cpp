#include "engine/table/read_ahead.hpp"

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {
namespace {

/// Remembers what was read and asked for ahead, and cannot read from `damaged_at` on.
class CountedFile final : public RandomFile {
public:
  explicit CountedFile(size_t size) : bytes_(size, ' ') {
    Random random(1);
    for (char& c : bytes_) c = static_cast<char>(random.below(256));
  }

  Status read(uint64_t offset, size_t size, char* target) const override {
    ++reads;
    read_begin = std::min(read_begin, offset);
    read_end = std::max(read_end, offset + size);
    if (offset + size > damaged_at) return Error{Errc::io_error, "damaged"};
    bytes_.copy(target, size, offset);
    return success();
  }
  void will_read(uint64_t offset, size_t size) const override {
    EXPECT_LE(offset + size, bytes_.size());
    EXPECT_GT(size, 0u);
    asked.push_back({offset, offset + size});
  }
  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }
  ByteView bytes() const { return bytes_; }

  mutable int reads = 0;
  mutable uint64_t read_begin = UINT64_MAX;
  mutable uint64_t read_end = 0;
  using Place = std::pair<uint64_t, uint64_t>;
  mutable std::vector<Place> asked;
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

TEST_F(ReadAheadTest, BackTheNextWindowIsAskedForBeforeThisOneIsRead) {
  constexpr uint64_t kEnd = 2'000'000;
  for (uint64_t end = kEnd; end > 1'000'000; end -= kBlock) expect_read(end - kBlock);
  ASSERT_GE(file.asked.size(), 4u);
  for (size_t i = 1; i < file.asked.size(); ++i) {
    EXPECT_LE(file.asked[i].second, file.asked[i - 1].second);
    EXPECT_LE(file.asked[i].second - file.asked[i].first, ReadAhead::kWindowSizeMax);
  }
  EXPECT_LT(file.asked.back().first, file.read_begin);
}

TEST_F(ReadAheadTest, NothingOutsideOfItsLimitsIsReadAhead) {
  constexpr uint64_t kBegin = 1'000'000;
  constexpr uint64_t kEnd = kBegin + 300 * kBlock;
  ahead.limit(kBegin, kEnd);
  for (uint64_t offset = kBegin + 2 * kBlock; offset < kEnd; offset += kBlock) expect_read(offset);
  for (uint64_t end = kEnd - 5 * kBlock; end > kBegin; end -= kBlock) expect_read(end - kBlock);
  EXPECT_GE(file.read_begin, kBegin);
  EXPECT_LE(file.read_end, kEnd);
  ASSERT_FALSE(file.asked.empty());
  for (const auto& [begin, end] : file.asked) {
    EXPECT_GE(begin, kBegin);
    EXPECT_LE(end, kEnd);
  }
  // What is asked for itself is read wherever it is.
  expect_read(kEnd);
  expect_read(kEnd + kBlock);
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

class LongWalkTest : public ::testing::Test {
protected:
  static constexpr size_t kTableSize = 6 << 20;
  static constexpr size_t kEntrySize = 1000;

  LongWalkTest() {
    for (size_t i = 0; i < kTableSize / kEntrySize; ++i)
      entries.emplace_back("key" + std::to_string(100'000 + i), 1, Kind::put, Bytes(kEntrySize, 'v'));
    auto meta = write_table(files, {.number = 3, .unique_id = 77}, entries);
    EXPECT_TRUE(meta.ok());
    table = std::make_unique<TableReader>(files, "3", *std::move(meta), cache);
  }

  /// Of the file, by a walk from entry `first` to entry `last`, that is for [begin, end).
  uint64_t bytes_read(size_t first, size_t last, const KeyRange& range) {
    const Walk walk{.range = range, .passes_dead = false};
    const auto cursor = table->cursor({.cached_only = false, .fill_cache = false, .walk = &walk});
    // What else the table needs it reads once.
    EXPECT_NE(cursor->seek({entries[first].key}), nullptr);
    const uint64_t before = files.bytes_read();
    for (size_t i = first; i < last; ++i) EXPECT_NE(cursor->next(), nullptr);
    for (size_t i = last; i < first; ++i) EXPECT_NE(cursor->prev(), nullptr);
    return files.bytes_read() - before;
  }

  MemoryFileSystem files;
  BlockCache cache{2 << 20};
  std::vector<OwnedEntry> entries;
  std::unique_ptr<TableReader> table;
};

TEST_F(LongWalkTest, ALongWalkTakesFreeRoomInTheCacheAndPushesNothingOut) {
  EXPECT_EQ(all_entries(*table->cursor({})), entries);
  const BlockCacheStats first = cache.stats();
  EXPECT_GT(first.size, first.budget / 2);

  // What a walk leaves in the cache the next one finds.
  EXPECT_EQ(all_entries(*table->cursor({})), entries);
  const BlockCacheStats second = cache.stats();
  EXPECT_GE(second.hits - first.hits, first.blocks * 9 / 10);
}

TEST_F(LongWalkTest, NothingIsReadAheadOutsideOfWhatItIsFor) {
  constexpr size_t kFirst = 2'000;
  constexpr size_t kLast = 2'400;
  constexpr uint64_t kSize = (kLast - kFirst) * kEntrySize;
  constexpr uint64_t kSlack = 3 * 4096;
  const KeyRange range{entries[kFirst].key, entries[kLast].key};
  EXPECT_GT(bytes_read(kFirst, kLast - 1, {}), kSize + kSlack);
  EXPECT_LT(bytes_read(kFirst, kLast - 1, range), kSize + kSlack);
  EXPECT_GT(bytes_read(kLast - 1, kFirst, {}), kSize + kSlack);
  EXPECT_LT(bytes_read(kLast - 1, kFirst, range), kSize + kSlack);
}

}  // namespace
}  // namespace coppice::engine
