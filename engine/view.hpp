// What readers read.
#pragma once

#include <memory>
#include <vector>

#include "engine/memory/memtable.hpp"
#include "engine/version/version.hpp"

namespace coppice::engine {

/// Frozen, but for the active memtable, which only grows. What a source says of a key is newer than what the
/// sources behind it say: active memtable, sealed memtables, levels from 0 on.
struct View {
  std::shared_ptr<const Memtable> active;
  /// Newest first.
  std::vector<std::shared_ptr<const Memtable>> sealed;
  std::shared_ptr<const Version> version;
  /// Versions that only readers of an earlier moment could see, snapshots apart, may be gone.
  Timestamp floor;
  /// Puts that expired at these milliseconds or before may be gone as well, to all readers at `floor` or later.
  uint64_t floor_ms = 0;
};

}  // namespace coppice::engine
