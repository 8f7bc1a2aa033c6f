// What a MemoryEngine keeps while nobody has it open.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/log/spanning.hpp"
#include "engine/memory/memtable.hpp"

namespace coppice::engine {

/// A group that was logged: what a tree has in its log.
struct MemoryWrite {
  Batch batch;
  Timestamp commit;
};

/// All of one tree. Owned by the storage that has it open, otherwise by nobody.
struct MemoryTree {
  KeyRange range;
  /// What everything else was made into when it was last gone through; may be null.
  std::shared_ptr<const Memtable> settled;
  /// Oldest first.
  std::deque<std::shared_ptr<const Memtable>> sealed;
  /// Null: nothing was written since.
  std::shared_ptr<Memtable> active;
  Timestamp last_commit;
  /// See View.
  Timestamp floor;
  uint64_t floor_ms = 0;
  /// See Storage::history_from.
  Timestamp history_from{1};
  /// Logged, and not applied.
  std::deque<MemoryWrite> logged;
  /// Logged, and not settled.
  std::vector<RecoveredSpanning> spanning;
};

/// Trees by their directories. Threads: any number.
class MemoryTrees {
public:
  /// False: one is there already.
  bool add(const std::string& directory, std::shared_ptr<MemoryTree> tree);
  /// Nullptr: none is there.
  std::shared_ptr<MemoryTree> find(const std::string& directory) const;
  void remove(const std::string& directory);

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryTree>> trees_;
};

}  // namespace coppice::engine
