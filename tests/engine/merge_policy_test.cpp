// The picker and the cuts at work on tables that are nothing but sets of keys: what merging costs over time.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/compact/flush_step.hpp"
#include "engine/compact/picker.hpp"
#include "engine/compact/table_cuts.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/presets.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {
namespace {

/// A tree without files. Every entry takes 100 bytes; time is counted in bytes that merges write.
class Forest {
public:
  explicit Forest(uint64_t key_count) : key_count_(key_count) {
    options.memtable_size = 100'000;
    options.table_size = 50'000;
  }

  /// One memtable of these keys is flushed, while merges write `merge_speed` times as much.
  void flush(std::vector<uint32_t> keys, double merge_speed) {
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    written_ += options.memtable_size;
    credit_ += merge_speed * static_cast<double>(options.memtable_size);
    take_steps(keys);
    TableCuts cuts = TableCuts::of_flush(*version_, options);
    VersionEdit edit;
    flushed_ += write(keys, cuts, 0, edit);
    install(edit);
    while (credit_ > 0 && merge(MergeNeed::due)) {
    }
    credit_ = std::min(credit_, 0.0);
    depth_max = std::max(depth_max, version_->runs().size());
    size_max = std::max(size_max, size());
  }
  bool merge(MergeNeed need) {
    auto plan = pick_merge(*version_, options, {}, need);
    if (!plan) return false;
    merge(*plan, {});
    return true;
  }

  uint64_t size() const {
    uint64_t size = 0;
    for (uint32_t level = 0; level < kLevelCount; ++level) size += version_->level_size(level);
    return size;
  }
  /// The log's bytes included.
  double write_amplification() const {
    return static_cast<double>(written_ + flushed_ + merged_) / static_cast<double>(written_);
  }
  double space_amplification(uint64_t bytes) const {
    return static_cast<double>(bytes) / static_cast<double>(live_.size() * kEntrySize);
  }
  /// So that what follows is counted alone.
  void forget() {
    written_ = flushed_ = merged_ = 0;
    depth_max = 0;
    size_max = merge_max = 0;
  }

  std::vector<uint32_t> random_keys() {
    std::vector<uint32_t> keys(options.memtable_size / kEntrySize);
    for (uint32_t& key : keys) key = static_cast<uint32_t>(random_.next() % key_count_);
    return keys;
  }
  /// Nine of ten in a tenth of the keys.
  std::vector<uint32_t> skewed_keys() {
    std::vector<uint32_t> keys = random_keys();
    for (size_t index = 0; index < keys.size(); ++index)
      if (index % 10 != 0) keys[index] = static_cast<uint32_t>(key_count_ / 2 + keys[index] / 10);
    return keys;
  }
  std::vector<uint32_t> next_keys() {
    std::vector<uint32_t> keys(options.memtable_size / kEntrySize);
    std::iota(keys.begin(), keys.end(), next_);
    next_ += static_cast<uint32_t>(keys.size());
    return keys;
  }

  TreeShape options;
  size_t depth_max = 0;
  uint64_t size_max = 0;
  uint64_t merge_max = 0;

private:
  static constexpr uint64_t kEntrySize = 100;
  static constexpr size_t kSampleEach = 16;

  /// What skips level 0 on its way from the memtable.
  void take_steps(std::vector<uint32_t>& keys) {
    KeySample waiting{{}, kSampleEach * kEntrySize};
    for (size_t index = kSampleEach / 2; index < keys.size(); index += kSampleEach)
      waiting.keys.push_back(name(keys[index]));
    while (credit_ > 0) {
      const auto plan = pick_flush_step(*version_, options, waiting, {});
      if (!plan) return;
      waiting.take(plan->hull);
      const auto taken = std::stable_partition(keys.begin(), keys.end(),
                                               [&](uint32_t key) { return !plan->hull.contains(name(key)); });
      std::vector<uint32_t> more(taken, keys.end());
      keys.erase(taken, keys.end());
      merge(*plan, std::move(more));
    }
  }

  /// With `keys`, which come from a memtable.
  void merge(const MergePlan& plan, std::vector<uint32_t> keys) {
    VersionEdit edit;
    uint64_t input = keys.size() * kEntrySize;
    for (const TableHandle& table : plan.source)
      edit.removed.push_back({plan.source_level, table->meta().number});
    for (const TableHandle& table : plan.target)
      edit.removed.push_back({plan.target_level, table->meta().number});
    if (plan.move) {
      for (const TableHandle& table : plan.source) add(plan.target_level, table->meta(), edit);
      return install(edit);
    }
    for (const auto* tables : {&plan.source, &plan.target}) {
      for (const TableHandle& table : *tables) {
        const auto& more = keys_.at(table->meta().number);
        keys.insert(keys.end(), more.begin(), more.end());
        input += table->meta().file_size;
      }
    }
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    TableCuts cuts = TableCuts::of_merge(*version_, plan.target_level, plan.hull, input, options);
    const uint64_t size = write(keys, cuts, plan.target_level, edit);
    merged_ += size;
    credit_ -= static_cast<double>(size);
    merge_max = std::max(merge_max, size);
    install(edit);
  }

  static Bytes name(uint32_t key) {
    char text[9];
    std::snprintf(text, sizeof(text), "%08x", key);
    return text;
  }

  uint64_t write(const std::vector<uint32_t>& keys, TableCuts& cuts, uint32_t level, VersionEdit& edit) {
    std::vector<uint32_t> table;
    const auto finish = [&] {
      TableMeta meta;
      meta.number = ++number_;
      meta.newest = Timestamp{number_};
      meta.file_size = table.size() * kEntrySize;
      meta.bounds = {name(table.front()), name(table.back()) + '\0'};
      keys_[meta.number] = std::exchange(table, {});
      add(level, meta, edit);
    };
    for (const uint32_t key : keys) {
      if (!table.empty() && cuts.cut(name(table.back()), name(key), table.size() * kEntrySize)) finish();
      if (table.empty()) cuts.began(name(key));
      table.push_back(key);
      live_.insert(key);
    }
    if (!table.empty()) finish();
    return keys.size() * kEntrySize;
  }
  void add(uint32_t level, const TableMeta& meta, VersionEdit& edit) {
    edit.added.push_back({level, meta});
    added_.push_back(make_table_handle({files_, cache_, 0}, "/none", meta));
  }
  void install(const VersionEdit& edit) {
    version_ = version_->apply(edit, added_);
    added_.clear();
  }

  PosixFileSystem files_;
  BlockCache cache_{1 << 20};
  uint64_t key_count_;
  Random random_{7};
  uint32_t next_ = 0;
  uint64_t number_ = 0;
  std::map<uint64_t, std::vector<uint32_t>> keys_;
  std::set<uint32_t> live_;
  std::vector<TableHandle> added_;
  std::shared_ptr<const Version> version_ = std::make_shared<const Version>();
  double credit_ = 0;
  uint64_t written_ = 0;
  uint64_t flushed_ = 0;
  uint64_t merged_ = 0;
};

/// As large as a store of 10 million entries with memtables of 64 MiB.
class MergePolicyTest : public ::testing::Test {
protected:
  static constexpr int kFlushes = 25;
  static constexpr double kFast = 100;

  void fill(double merge_speed) {
    for (int count = 0; count < kFlushes; ++count) forest.flush(forest.random_keys(), merge_speed);
  }
  void overwrite(double merge_speed) {
    fill(kFast);
    forest.forget();
    for (int count = 0; count < 2 * kFlushes; ++count) forest.flush(forest.random_keys(), merge_speed);
  }
  double space() const { return forest.space_amplification(forest.size_max); }

  Forest forest{25'000};
};

TEST_F(MergePolicyTest, FillingRewritesLittle) {
  fill(kFast);
  EXPECT_LT(forest.write_amplification(), 4.5);
  EXPECT_LT(space(), 1.15);
}

TEST_F(MergePolicyTest, OverwritingRewritesLittleAndTakesLittleSpace) {
  overwrite(kFast);
  EXPECT_LT(forest.write_amplification(), 6);
  EXPECT_LT(space(), 1.2);
}

TEST_F(MergePolicyTest, MergesAreSmall) {
  overwrite(kFast);
  EXPECT_LT(forest.space_amplification(forest.merge_max), 0.25);
}

TEST_F(MergePolicyTest, MergingKeepsUpWithoutRoomToSpare) {
  overwrite(5);
  EXPECT_LT(forest.depth_max, 12u);
  EXPECT_LT(space(), 1.25);
}

TEST_F(MergePolicyTest, AnIdleTreeShrinks) {
  overwrite(kFast);
  while (forest.merge(MergeNeed::idle)) {
  }
  EXPECT_LT(forest.space_amplification(forest.size()), 1.12);
}

TEST_F(MergePolicyTest, WhatIsWrittenInOrderIsWrittenOnce) {
  for (int count = 0; count < 4 * kFlushes; ++count) forest.flush(forest.next_keys(), 1);
  EXPECT_EQ(forest.write_amplification(), 2);
  EXPECT_EQ(forest.depth_max, 1u);
}

TEST_F(MergePolicyTest, KeysThatAreSeldomWrittenAreSeldomRewritten) {
  overwrite(kFast);
  forest.forget();
  for (int count = 0; count < 2 * kFlushes; ++count) forest.flush(forest.skewed_keys(), kFast);
  EXPECT_LT(forest.write_amplification(), 4);
  EXPECT_LT(space(), 1.2);
  EXPECT_LT(forest.space_amplification(forest.merge_max), 0.25);
}

TEST(LargeMergePolicyTest, AnIntermediateLevelKeepsALargeTreeCheap) {
  Forest forest(250'000);
  for (int count = 0; count < 300; ++count) forest.flush(forest.random_keys(), 20);
  forest.forget();
  for (int count = 0; count < 100; ++count) forest.flush(forest.random_keys(), 20);
  EXPECT_LT(forest.write_amplification(), 11);
  EXPECT_LT(forest.space_amplification(forest.size_max), 1.2);
}

TEST(SmallMergePolicyTest, ATreeOfAFewMemtablesIsRewrittenLittleAndTakesLittleSpace) {
  // Memtables as large as two fifths of all that there is.
  Forest forest(2'500);
  for (int count = 0; count < 10; ++count) forest.flush(forest.random_keys(), 20);
  forest.forget();
  for (int count = 0; count < 50; ++count) forest.flush(forest.random_keys(), 20);
  EXPECT_LT(forest.write_amplification(), 2.5);
  EXPECT_LT(forest.space_amplification(forest.size_max), 1.4);
}

/// The options of a preset, with memtables as much smaller as all here is.
TreeShape scaled(Preset preset) {
  const TreeOptions usual;
  TreeOptions options = options_of(preset);
  options.memtable_size = 100'000 * (options.memtable_size >> 20) / (usual.memtable_size >> 20);
  TreeShape shape(options);
  shape.table_size = options.memtable_size / 2;
  return shape;
}

TEST(PresetTest, EachEarnsItsName) {
  struct Cost {
    double writes = 0;
    size_t depth = 0;
    double space = 0;
  };
  const auto play = [](Preset preset) {
    Forest forest(25'000);
    forest.options = scaled(preset);
    // As many keys, whatever a memtable holds of them.
    const auto flushes = static_cast<int>(25 * 100'000 / forest.options.memtable_size);
    for (int count = 0; count < flushes; ++count) forest.flush(forest.random_keys(), 100);
    forest.forget();
    for (int count = 0; count < 2 * flushes; ++count) forest.flush(forest.random_keys(), 100);
    return Cost{forest.write_amplification(), forest.depth_max, forest.space_amplification(forest.size_max)};
  };
  const Cost usual = play(Preset::balanced);
  const Cost writes = play(Preset::write_heavy);
  const Cost reads = play(Preset::read_heavy);
  EXPECT_LT(writes.writes, 0.9 * usual.writes);
  EXPECT_LT(reads.depth, usual.depth);
  EXPECT_LT(reads.space, usual.space);
  EXPECT_LE(options_of(Preset::memory_constrained).memtable_size * 8, TreeOptions().memtable_size);
  for (const Preset preset :
       {Preset::balanced, Preset::write_heavy, Preset::read_heavy, Preset::memory_constrained})
    EXPECT_TRUE(check_options(options_of(preset)).ok());
}

TEST_F(MergePolicyTest, TieredRewritesLess) {
  forest.options.merge_policy = MergePolicy::tiered;
  overwrite(kFast);
  EXPECT_LT(forest.write_amplification(), 4.2);
  EXPECT_LT(space(), 2.1);
  EXPECT_LT(forest.depth_max, 16u);
}

}  // namespace
}  // namespace coppice::engine
