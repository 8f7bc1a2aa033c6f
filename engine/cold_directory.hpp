// A tree's second directory, on a slower disk, as it is found and made.
#pragma once

#include <string>
#include <vector>

#include "engine/options.hpp"
#include "engine/tree_stats.hpp"
#include "engine/version/manifest_state.hpp"

namespace coppice::engine {

/// What a manifest says of it.
ColdFiles cold_files(const ManifestState& state);

/// Success, if what `state` says of it can be there: it was given and is there, or the tree in `directory` needs none.
/// invalid_argument: none was given; io_error: there is no such directory, as it is where its disk is not mounted.
/// Blocks: on the disk.
Status check_cold_directory(const TreeEnv& env, const std::string& directory, const ManifestState& state);

struct ColdListing {
  /// Paths of tables and value files that `state` does not name there. What no tree would put there is none of them.
  std::vector<std::string> orphans;
  /// Larger than the number of every file that lies there.
  uint64_t next_number = 1;
};
/// Nothing, if there is no such directory yet, or none was given. Blocks: on the disk.
Result<ColdListing> list_cold_directory(const TreeEnv& env, const ManifestState& state);

/// Makes it, if it was given and is not there yet. io_error, and nothing made: the directory above it is not there, as it is where
/// its disk is not mounted. Durable: on success. Blocks: on the disk.
Status make_cold_directory(const TreeEnv& env);

}  // namespace coppice::engine
