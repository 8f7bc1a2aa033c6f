// Puts a committed batch into a memtable.
#pragma once

#include "engine/cursor/dead_ranges.hpp"
#include "engine/log/batch.hpp"
#include "engine/memory/memtable.hpp"

namespace coppice::engine {

/// Readers at `commit` see the batch once they are told of that moment, not before.
/// Operations that a later range delete of the same batch covers are left out, because the range delete hides
/// only what is older than `commit`.
/// Threads: the memtable's owner.
void apply(Memtable& memtable, const Batch& batch, Timestamp commit);

/// Takes the keys that the batch puts out of the dead ranges. Requires: it was applied, and is not yet visible.
void revive(DeadRanges& dead, const Batch& batch);

}  // namespace coppice::engine
