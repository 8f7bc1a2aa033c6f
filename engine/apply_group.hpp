// What was logged, in front of the readers.
#pragma once

#include <span>

#include "engine/memory/memtable.hpp"
#include "engine/read_state.hpp"
#include "engine/storage.hpp"

namespace coppice::engine {

/// Puts the group into the memtable and shows it, whole; `last_commit` becomes its last. Requires: commits rise, and lie after
/// `last_commit`. Threads: the owner.
void apply_group(std::span<const GroupWrite> group, Memtable& active, ReadState& readers,
                 Timestamp& last_commit);

/// See Storage. Threads: the owner.
void advance(ReadState& readers, Timestamp moment);

}  // namespace coppice::engine
