// Tables that were built outside, read into memory.
#pragma once

#include <memory>
#include <span>

#include "engine/ingest/ingest.hpp"
#include "engine/ingest/outside_table.hpp"
#include "engine/memory/memtable.hpp"
#include "engine/options.hpp"

namespace coppice::engine {

/// Entries wait here as their files have them, as nobody knows their moment yet.
class TablesInMemory final : public Ingest {
public:
  /// `empty`: to be filled.
  explicit TablesInMemory(std::shared_ptr<Memtable> empty) : entries_(std::move(empty)) {}

  /// What of `tables` lies in `range`. Requires: called once. Errors are those of reading. Blocks: on the disk, for long.
  Status read(const TreeEnv& env, std::span<const OutsideTable> tables, const KeyRange& range);

  uint64_t table_count() const { return table_count_; }
  /// Of their files, in bytes.
  uint64_t size() const { return size_; }

  /// All of them, with this commit. `empty`: to be filled.
  std::shared_ptr<const Memtable> at(Timestamp commit, std::shared_ptr<Memtable> empty) const;

private:
  const std::shared_ptr<Memtable> entries_;
  uint64_t table_count_ = 0;
  uint64_t size_ = 0;
};

}  // namespace coppice::engine
