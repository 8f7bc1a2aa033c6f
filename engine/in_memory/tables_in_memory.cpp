#include "engine/in_memory/tables_in_memory.hpp"

#include "engine/memory/memtable_loader.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

Status TablesInMemory::read(const TreeEnv& env, std::span<const OutsideTable> tables, const KeyRange& range) {
  for (const OutsideTable& table : tables) size_ += table.meta.file_size;
  table_count_ = tables.size();
  MemtableLoader loader(*entries_, size_);
  for (const OutsideTable& table : tables) {
    const TableReader reader(env.files, table.path, table.meta, env.cache, env.keys);
    const auto cursor = reader.cursor({.fill_cache = false});
    for (const Entry* entry = cursor->seek({range.begin}); entry != nullptr; entry = cursor->next()) {
      if (range.end && entry->key >= *range.end) break;
      loader.add(*entry);
    }
    COPPICE_TRY(cursor->status());
  }
  loader.finish();
  return success();
}

std::shared_ptr<const Memtable> TablesInMemory::at(Timestamp commit, std::shared_ptr<Memtable> empty) const {
  MemtableLoader loader(*empty, entries_->data_size());
  const auto cursor = entries_->cursor();
  for (const Entry* entry = cursor->seek({}); entry != nullptr; entry = cursor->next())
    loader.add({entry->key, commit, entry->kind, entry->value});
  loader.finish();
  return empty;
}

}  // namespace coppice::engine
