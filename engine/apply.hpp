// Puts committed batches into a memtable.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "engine/cursor/dead_ranges.hpp"
#include "engine/log/batch.hpp"
#include "engine/memory/memtable.hpp"

namespace coppice::engine {

/// Gathers point operations, also of several batches, since a memtable takes many in one call for less.
///
/// Readers at a batch's commit see it once finish() has returned and they are told of that moment, not before.
/// Operations that a later range delete of the same batch covers are left out, because the range delete hides
/// only what is older than the commit.
///
/// An operand is joined with what the memtable has of its key where that costs little, so that readers find few of them however
/// many are written: one, if they are numbers; of any size, each is larger than the one above it by half and more, up to
/// 1 MiB. Onto a value that is there it becomes a put.
/// Threads: the memtable's owner.
class Applier {
public:
  /// Lifetime: the memtable outlives it.
  explicit Applier(Memtable& memtable) : memtable_(memtable) {}

  /// Lifetime: the batch stays as it is until finish() has returned.
  void apply(const Batch& batch, Timestamp commit);
  /// Requires: called after the last batch.
  void finish();

private:
  class Sinking;

  void apply_with_range_deletes(const Batch& batch, Timestamp commit);
  void insert(const Operation& operation, Timestamp commit);
  /// Those of a batch, once all else of it is in.
  void sink_merges(Timestamp commit);
  void sink(ByteView key, Sinking operand);

  static constexpr size_t kGatheredMax = SkipList::kTogetherMax;

  Memtable& memtable_;
  std::array<Entry, kGatheredMax> gathered_;
  size_t count_ = 0;
  /// Of the batch, by key; without what a later operation on the key replaced.
  std::map<ByteView, std::vector<Step>> merges_;
};

/// Takes the keys that the batch gives a value out of the dead ranges. Requires: it was applied, and its commit lies after what is
/// `visible`, for a reader that could see it would trust the ranges.
void revive(DeadRanges& dead, const Batch& batch, Timestamp commit, Timestamp visible);

}  // namespace coppice::engine
