// Reads of one key or many, on any thread, from pinned views.
#pragma once

#include "actors/core.hpp"
#include "actors/door.hpp"

namespace coppice::actors {

/// The shard that owns `key` reads it. A shard that was split meanwhile closes its tree after the new routing
/// table is published: the read follows. `cached_only`: would_block where the disk would have to answer.
/// Threads: any.
Result<std::optional<Bytes>> read_one(const Core& core, ByteView key, const SnapshotHandle& snapshot,
                                      bool cached_only);

/// The same with the version.
Result<engine::Versioned> read_versioned(const Core& core, ByteView key, const SnapshotHandle& snapshot,
                                         bool cached_only);

/// The keys at the snapshot's moment; without one, all at one moment: would_block if writes kept coming in
/// between and a snapshot must be taken first.
Result<Values> read_many(const Core& core, std::span<const Bytes> keys, const SnapshotHandle& snapshot,
                         bool cached_only);

/// The same, answered from memory on this thread or later by a reader; takes a snapshot where it must.
void read_one(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, ByteView key,
              const SnapshotHandle& snapshot, Done<std::optional<Bytes>> done);
void read_versioned(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, ByteView key,
                    const SnapshotHandle& snapshot, Done<engine::Versioned> done);
void read_many(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, std::vector<Bytes> keys,
               const SnapshotHandle& snapshot, Done<Values> done);

}  // namespace coppice::actors
