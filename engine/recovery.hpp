// Opens a tree's directory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/tree_state.hpp"

namespace coppice::engine {

/// What Tree::open promises. The one way up: after a clean stop as after a crash.
///
///     read     manifest -> tables there? -> logs, oldest first -> files that nobody names
///     decide   damage: an error, and every file is as it was
///     write    cut the manifest's and the last log's torn ends, begin a new log, name it in the manifest
///     remove   what the manifest, now on the disk, does not name
Result<std::unique_ptr<TreeState>> recover(const TreeEnv& env, const std::string& directory,
                                           const TreeShape& options);

/// What an opening would find, without what it would write.
struct Findings {
  uint64_t logs = 0;
  uint64_t records = 0;
  /// Paths of files that the manifest does not name: the next opening removes them.
  std::vector<std::string> orphans;
};
/// The reading half of recover(), and its errors; changes nothing. Memory: what the logs hold.
Result<Findings> look(const TreeEnv& env, const std::string& directory);

/// See Tree::check_keys.
Status check_keys(const TreeEnv& env, const std::string& directory);

}  // namespace coppice::engine
