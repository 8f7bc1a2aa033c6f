#include "engine/background.hpp"
#include "engine/compact/backlog.hpp"

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

}  // namespace

double TreeStats::write_amplification() const {
  if (bytes_flushed == 0) return 0;
  uint64_t written = 2 * bytes_flushed;
  for (const LevelStats& level : levels) written += level.bytes_merged;
  return static_cast<double>(written) / static_cast<double>(bytes_flushed);
}

double TreeStats::space_amplification() const {
  if (levels.empty() || levels.back().size == 0) return 0;
  uint64_t size = value_files_size;
  for (const LevelStats& level : levels) size += level.size;
  return static_cast<double>(size) / static_cast<double>(levels.back().size + levels.back().values_size);
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
    stats.levels.push_back(level);
  }
  for (const LiveValues& values : tree.version->values()) {
    ++stats.value_files;
    stats.value_files_size += values.file->meta().file_size;
  }
  stats.value_garbage_size = tree.version->garbage_size();
  stats.flushes = tree.flushes;
  stats.merges = tree.merges;
  stats.tables_dropped = tree.tables_dropped;
  stats.bytes_flushed = tree.bytes_flushed;
  stats.level0_depth = static_cast<uint32_t>(tree.version->runs().size());
  stats.pending_merge_size = pending_merge_size(*tree.version, tree.options);
  stats.debt = debt(tree);
  stats.reads = tree.readers->counters.load();
  stats.files_by_key = files_by_key(tree);
  return stats;
}

}  // namespace coppice::engine
