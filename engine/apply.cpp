#include "engine/apply.hpp"

namespace coppice::engine {
namespace {

RangeDelete range_delete(const Operation& operation, Timestamp commit) {
  return {Bytes(operation.key), Bytes(operation.value), operation.value.empty(), commit};
}

}  // namespace

void Applier::apply(const Batch& batch, Timestamp commit) {
  if (batch.range_delete_count() > 0) return apply_with_range_deletes(batch, commit);
  for (Batch::Reader reader(batch); const auto operation = reader.next();) insert(*operation, commit);
}

void Applier::finish() {
  memtable_.gather(std::span(gathered_).first(count_));
  count_ = 0;
}

void Applier::insert(const Operation& operation, Timestamp commit) {
  gathered_[count_++] = {operation.key, commit, kind_of(operation), operation.value};
  if (count_ == kGatheredMax) finish();
}

void Applier::apply_with_range_deletes(const Batch& batch, Timestamp commit) {
  // Places in the batch stand in for timestamps: a point operation is left out if the last range delete that
  // covers it has a later place.
  std::vector<RangeDelete> by_place;
  uint64_t place = 0;
  for (Batch::Reader reader(batch); const auto operation = reader.next();) {
    ++place;
    if (operation->kind == OperationKind::delete_range)
      by_place.push_back(range_delete(*operation, Timestamp{place}));
  }
  const RangeDeletes covered(by_place);
  place = 0;
  for (Batch::Reader reader(batch); const auto operation = reader.next();) {
    const Timestamp own_place{++place};
    if (operation->kind == OperationKind::delete_range) continue;
    if (covered.newest_covering(operation->key, kTimestampMax) < own_place) insert(*operation, commit);
  }

  for (RangeDelete& one : by_place) one.commit = commit;
  // As many as say the same, and at once, for each call costs the memtable as much as it has already.
  memtable_.add(RangeDeletes(by_place).deletes());
}

void revive(DeadRanges& dead, const Batch& batch, Timestamp commit, Timestamp visible) {
  COPPICE_CHECK(commit > visible);
  for (Batch::Reader reader(batch); const auto operation = reader.next();)
    if (operation->kind == OperationKind::put || operation->kind == OperationKind::put_that_expires)
      dead.put(operation->key);
}

}  // namespace coppice::engine
