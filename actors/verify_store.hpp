// Checks everything in a store's directory while no node serves it.
#pragma once

#include "engine/mend/verify_tree.hpp"

namespace coppice::actors {

/// A store, or one tree: see OfflineDirectory for which, and for the errors that come before anything is read. Of a store
/// also the shard map, against the directories of its shards and the keys that each owns. Damage is in the report; the rest
/// as verify_tree(). `keys`: what the files may be encrypted with. `cold_directory`: the store's, or of one tree the tree's; empty:
/// none; errors as Store::open(). Reads only. Blocks: on the disk, for long.
Result<engine::VerifyReport> verify_store(engine::FileSystem& files, const std::string& directory,
                                          const std::string& cold_directory, const engine::KeyRing& keys,
                                          const std::function<bool(const engine::VerifyReport&)>& go_on);

}  // namespace coppice::actors
