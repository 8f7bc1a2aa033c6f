#include "engine/replay.hpp"

#include "engine/apply.hpp"

namespace coppice::engine {

void Replay::add(const Batch& batch, Timestamp commit) {
  if (batch.range_delete_count() > 0 || batch.merge_count() > 0) {
    // Operands are joined with what is there.
    if (batch.merge_count() > 0) loader_.finish();
    Applier applier(memtable_);
    applier.apply(batch, commit);
    applier.finish();
    return;
  }
  for (Batch::Reader reader(batch); const auto operation = reader.next();)
    loader_.add({operation->key, commit, kind_of(*operation), operation->value});
}

void Replay::finish() {
  loader_.finish();
  memtable_.settle();
}

}  // namespace coppice::engine
