// Where the keys of a tree's files lie, as these tell without a manifest.
#pragma once

#include <vector>

#include "engine/mend/tree_files.hpp"

namespace coppice::engine {

struct FileKeys {
  /// Of a table; 0: it is a log.
  uint64_t unique_id = 0;
  /// Of all keys that it writes to, as far as it can be read.
  KeyRange bounds{"", ""};
};

/// Of each table and log in which there are any. invalid_argument: a file is encrypted with a key that is not among those of `env`.
/// Blocks: on the disk, for each log as long as it is.
Result<std::vector<FileKeys>> keys_of_files(const TreeEnv& env, const std::vector<TreeFile>& files);

/// `bounds` become those of both.
void take_in(KeyRange& bounds, const KeyRange& range);

}  // namespace coppice::engine
