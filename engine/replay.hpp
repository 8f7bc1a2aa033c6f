// Batches on their way from the logs into a memtable.
#pragma once

#include <utility>
#include <vector>

#include "engine/log/batch.hpp"
#include "engine/memory/memtable.hpp"

namespace coppice::engine {

/// Gathers many batches and inserts them in the order of their keys: nobody reads meanwhile, and in that order each search
/// goes down nearly the same path as the one before it, which is then in the processor's cache.
class Replay {
public:
  /// Of memtables that are sealed at `memtable_size` bytes: they pass it by an eighth at most, or one batch.
  explicit Replay(size_t memtable_size);

  /// Requires: `commit` is later than any before.
  void add(Batch batch, Timestamp commit);
  bool empty() const { return waiting_.empty(); }
  /// So much waits that it should be applied.
  bool full() const { return costly_ || size_ >= size_max_; }
  /// Returns the last commit. Requires: not empty().
  Timestamp apply_to(Memtable& memtable);

private:
  const size_t size_max_;
  std::vector<std::pair<Batch, Timestamp>> waiting_;
  size_t size_ = 0;
  // There are range deletes, of which a memtable takes few.
  bool costly_ = false;
};

}  // namespace coppice::engine
