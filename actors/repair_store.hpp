// Makes a new store of what can be saved of another.
#pragma once

#include "engine/mend/repair_tree.hpp"

namespace coppice::actors {

struct RepairStoreOptions {
  engine::TreeOptions tree = {};
  /// What files are encrypted with; new ones with the current one, if any.
  engine::KeyRing keys = {};
  /// The store's, or of one tree the tree's; empty: none.
  std::string cold_directory = {};
  bool dry_run = false;
  std::function<bool()> go_on = [] { return true; };
};

/// A store, or one tree (see OfflineDirectory, also for the errors that come before anything is read): every shard as
/// engine::repair_tree() does it, into a new store at `target`. Nothing in `source` is changed. `target` opens once all is
/// done, and not before. It has no cold directory: what lies there is linked or, on another file system, copied.
///
/// Without a readable shard map the shards are those whose ranges, by their manifests, cover all keys without gaps; of a shard
/// and the two halves that were cut from it, the halves. A gap that is left belongs to a shard whose manifest says nothing, if
/// there is just one and its keys lie there; else to a new, empty one. The report says what was guessed.
/// in_use: `target` is there, and is not what a repair that was cut short had left; invalid_argument: a file is encrypted with a
/// key that is not among those given, or the store has a cold directory and none is given, or that of another store. One without OWNER
/// is looked into, and a doubt in the report. After a failure nothing of `target` is left; what a crash left is no store: see
/// second_store.hpp. Durable: on success. Blocks: on the disk, for long.
Result<engine::RepairReport> repair_store(engine::FileSystem& files, const std::string& source,
                                          const std::string& target, const RepairStoreOptions& options);

}  // namespace coppice::actors
