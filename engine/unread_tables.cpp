#include "engine/unread_tables.hpp"

#include "engine/table/block_cache.hpp"

namespace coppice::engine {

void let_go_unread(TreeState& tree) {
  if (tree.closed || tree.broken) return;
  std::array<Version::Level, kLevelCount> levels;
  std::vector<TableHandle*> unread;
  bool lacked_room = false;
  for (uint32_t index = 0; index < kLevelCount; ++index) {
    levels[index] = tree.version->level(index);
    for (TableHandle& table : levels[index]) {
      const TableUse use = table->take_use();
      lacked_room |= use.lacked_room;
      if (use.is_open && !use.was_read) unread.push_back(&table);
    }
  }
  BlockCache& cache = tree.env.cache;
  if (lacked_room || !cache.may_reserve(0)) cache.ask_back();
  const uint64_t asked_back = cache.asked_back();
  if (asked_back == std::exchange(tree.asked_back_before, asked_back) || unread.empty()) return;

  for (TableHandle* table : unread) *table = make_unopened(tree.env, *table);
  std::vector<ValueFileHandle> values;
  for (const LiveValues& each : tree.version->values()) values.push_back(each.file);
  tree.version = std::make_shared<const Version>(std::move(levels), values);
  tree.publish();
}

}  // namespace coppice::engine
