// A version of tables that a test wrote down, and what is picked of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/compact/picker.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {

/// Tables without files: the picker looks at nothing but what the manifest says.
class PickerFixture : public ::testing::Test {
protected:
  PickerFixture() {
    options.memtable_size = 50;
    options.min_compaction_files = 2;
    options.level_ratio = 10;
  }

  void add(uint32_t level, uint64_t number, Bytes begin, Bytes end, uint64_t size = 60, uint64_t deletes = 0,
           uint64_t table_key_id = 0) {
    TableMeta meta;
    meta.number = number;
    meta.file_size = size;
    meta.bounds = {std::move(begin), std::move(end)};
    meta.entry_count = 10;
    meta.key_id = table_key_id;
    meta.delete_count = deletes;
    meta.oldest = meta.newest = Timestamp{number};
    levels[level].push_back(make_table_handle({files, cache, 0}, "/none", meta));
  }
  /// Holds nothing but a range delete at the time that is its number; no size counts beside it.
  void add_range_delete(uint32_t level, uint64_t number, const Bytes& begin, const Bytes& end) {
    add(level, number, begin, end, 0);
    TableMeta meta = levels[level].back()->meta();
    meta.entry_count = 0;
    meta.range_delete_count = 1;
    meta.cleared = {{meta.bounds, meta.oldest, meta.newest}};
    levels[level].back() = make_table_handle({files, cache, 0}, "/none", meta);
  }
  std::optional<MergePlan> pick(MergeNeed need = MergeNeed::due) {
    return pick_merge(Version(levels), options, under_way, need, {settled, expired_ms, flushed});
  }
  std::optional<MergePlan> pick_range(const KeyRange& range, const KeyRange& owned = {},
                                      Timestamp through = kTimestampMax) {
    return pick_merge_range(Version(levels), options, range, owned, key_id, cold, under_way, through);
  }
  LevelShape shape() { return level_shape(Version(levels), options); }
  static std::vector<uint64_t> numbers(const std::vector<TableHandle>& tables) {
    std::vector<uint64_t> found;
    for (const TableHandle& each : tables) found.push_back(each->meta().number);
    return found;
  }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  TreeShape options;
  /// Of new files.
  uint64_t key_id = 0;
  ColdRule cold;
  std::array<Version::Level, kLevelCount> levels;
  std::vector<MergeUnderWay> under_way;
  Timestamp settled = kTimestampMin;
  uint64_t expired_ms = 0;
  Timestamp flushed = kTimestampMax;
};

}  // namespace coppice::engine
