// What a tree says of itself in numbers.
#include <algorithm>

#include "engine/background.hpp"
#include "engine/compact/backlog.hpp"
#include "engine/compact/picker.hpp"

namespace coppice::engine {
namespace {

std::map<uint64_t, uint64_t> files_by_key(const TreeState& tree) {
  std::map<uint64_t, uint64_t> files;
  ++files[tree.manifest.key_id()];
  for (const uint64_t key_id : tree.logs.key_ids()) ++files[key_id];
  for (const LogWriter& spare : tree.spare_logs) ++files[spare.key_id()];
  for (uint32_t level = 0; level < kLevelCount; ++level)
    for (const TableHandle& table : tree.version->level(level)) ++files[table->meta().key_id];
  for (const LiveValues& values : tree.version->values()) ++files[values.file->meta().key_id];
  return files;
}

ColdFiles cold_files(const TreeState& tree) {
  ColdFiles files;
  const auto add = [&](bool cold, uint64_t size) {
    files.count += cold ? 1 : 0;
    files.size += cold ? size : 0;
  };
  for (uint32_t level = 0; level < kLevelCount; ++level)
    for (const TableHandle& table : tree.version->level(level))
      add(table->meta().cold, table->meta().file_size);
  for (const LiveValues& values : tree.version->values())
    add(values.file->meta().cold, values.file->meta().file_size);
  return files;
}

}  // namespace

double TreeStats::write_amplification() const {
  if (bytes_flushed == 0) return 0;
  uint64_t written = 2 * bytes_flushed;
  for (const LevelStats& level : levels) written += level.bytes_merged;
  return static_cast<double>(written) / static_cast<double>(bytes_flushed);
}

double LevelStats::write_amplification() const {
  return bytes_arrived == 0 ? 0 : static_cast<double>(bytes_merged) / static_cast<double>(bytes_arrived);
}

uint64_t TreeStats::sstable_count() const {
  uint64_t count = 0;
  for (const LevelStats& level : levels) count += level.tables;
  return count;
}

uint64_t TreeStats::total_size() const {
  uint64_t size = value_files_size;
  for (const LevelStats& level : levels) size += level.size;
  return size;
}

double TreeStats::space_amplification() const {
  if (levels.empty() || levels.back().size == 0) return 0;
  return static_cast<double>(total_size()) /
         static_cast<double>(levels.back().size + levels.back().values_size);
}

double debt(const TreeState& tree) {
  return std::max({tree.merge_debt, flush_debt(tree.sealed.size(), tree.active->size(), tree.options),
                   tree.memory->debt()});
}

StallReason stall_reason(const TreeState& tree) {
  const double memory = tree.memory->debt();
  if (memory > 0 && memory >= debt(tree)) return StallReason::memory;
  return stall_reason(*tree.version, tree.options, tree.sealed.size(), tree.active->size(), tree.merging);
}

TreeStats stats(const TreeState& tree) {
  TreeStats stats;
  stats.memtable_size = tree.active->size();
  for (const SealedMemtable& sealed : tree.sealed) stats.memtable_size += sealed.memtable->size();
  stats.sealed_memtables = static_cast<uint32_t>(tree.sealed.size());
  stats.log_size = tree.logs.size();
  for (uint32_t index = 0; index < kLevelCount; ++index) {
    LevelStats level;
    level.tables = static_cast<uint32_t>(tree.version->level(index).size());
    level.size = tree.version->tables_size(index);
    level.values_size = tree.version->level_size(index) - level.size;
    for (const TableHandle& table : tree.version->level(index)) level.entries += table->meta().entry_count;
    level.bytes_merged = tree.bytes_merged[index];
    level.bytes_read = tree.bytes_merge_read[index];
    level.bytes_arrived = tree.bytes_arrived[index];
    level.score = level_score(*tree.version, tree.options, index);
    stats.levels.push_back(level);
  }
  for (const LiveValues& values : tree.version->values()) {
    ++stats.value_files;
    stats.value_files_size += values.file->meta().file_size;
  }
  stats.value_garbage_size = tree.version->garbage_size();
  stats.cold = cold_files(tree);
  stats.cold_full = tree.cold_rule().full;
  stats.flushes = tree.flushes;
  stats.merges = tree.merges;
  stats.tables_dropped = tree.tables_dropped;
  stats.tables_ingested = tree.tables_ingested;
  stats.bytes_flushed = tree.bytes_flushed;
  stats.bytes_logged = tree.bytes_logged;
  stats.entries_read = tree.entries_read;
  stats.entries_written = tree.entries_written;
  stats.level0_depth = static_cast<uint32_t>(tree.version->runs().size());
  stats.pending_merge_size = pending_merge_size(*tree.version, tree.options);
  stats.debt = debt(tree);
  stats.reads = tree.readers->counters.load();
  stats.files_by_key = files_by_key(tree);
  return stats;
}

}  // namespace coppice::engine
