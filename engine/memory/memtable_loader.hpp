// Fills a memtable that nobody reads yet.
#pragma once

#include <array>
#include <vector>

#include "engine/memory/memtable.hpp"

namespace coppice::engine {

/// Entries come in any order, and get their places all together, in order: so none is searched for.
///
/// Threads: one, and no other uses the memtable before finish() has returned.
class MemtableLoader {
public:
  /// What waits for its place takes a quarter of `size` bytes at most, beside the memtable.
  MemtableLoader(Memtable& memtable, size_t size);
  MemtableLoader(const MemtableLoader&) = delete;
  MemtableLoader& operator=(const MemtableLoader&) = delete;

  /// Of two entries with the same key and commit the later is found, and the other never.
  /// Requires: the limits of schema/types.hpp.
  void add(const Entry& entry);
  /// All that was added is found. Requires: called after the last add().
  void finish();

private:
  using Node = SkipList::Node;

  void index();
  void place();

  Memtable& memtable_;
  const size_t waiting_max_;
  /// In the order in which they came.
  std::vector<Node*> waiting_;
  /// Of the last of those, which are not in the memtable's index yet: the lines they need there are being loaded.
  std::array<uint64_t, SkipList::kTogetherMax> hashes_;
  size_t hash_count_ = 0;
};

}  // namespace coppice::engine
