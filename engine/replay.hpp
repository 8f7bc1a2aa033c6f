// Batches on their way from the logs into a memtable.
#pragma once

#include "engine/log/batch.hpp"
#include "engine/memory/memtable_loader.hpp"

namespace coppice::engine {

/// Threads: one, and no other uses the memtable before finish() has returned.
class Replay {
public:
  /// `memtable_size`: in bytes, at which it will be sealed. Lifetime: the memtable outlives it.
  Replay(Memtable& memtable, size_t memtable_size) : memtable_(memtable), loader_(memtable, memtable_size) {}

  /// Requires: `commit` is later than any before.
  void add(const Batch& batch, Timestamp commit);
  /// All that was added is found. Requires: called after the last add().
  void finish();

private:
  Memtable& memtable_;
  MemtableLoader loader_;
};

}  // namespace coppice::engine
