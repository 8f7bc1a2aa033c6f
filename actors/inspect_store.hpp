// Says what is in a store's files, one after the other.
#pragma once

#include "engine/mend/inspect.hpp"

namespace coppice::actors {

/// One file (see engine::inspect_file(); also a store's SHARDS, and the OWNER of its cold directory), or every file of a store or of a tree, each behind a finding
/// "file" that names it. Whether anything was damaged. Takes no lock: what a node is writing to may look torn.
/// not_found; invalid_argument: nothing of a store, or a key is lacking. Blocks: on the disk.
Result<bool> inspect_path(engine::FileSystem& files, const std::string& path, engine::InspectDetail detail,
                          const engine::KeyRing& keys, const engine::FindingSink& found);

}  // namespace coppice::actors
