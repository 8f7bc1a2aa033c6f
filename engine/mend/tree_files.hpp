// The files of a tree that is not open, in its own directory and in the cold one.
#pragma once

#include <string>
#include <vector>

#include "engine/io/file_names.hpp"
#include "engine/options.hpp"

namespace coppice::engine {

/// A file that a tree would have given its name.
struct TreeFile {
  FileName file;
  std::string path;
  /// It lies in the cold directory.
  bool cold = false;
};

/// All of them but LOCK, those of each directory by their names; of the cold one, if `env` has it and it is there, tables and value
/// files. Blocks: on the disk.
Result<std::vector<TreeFile>> list_tree_files(const TreeEnv& env, const std::string& directory);

/// The one of this kind and number; of two, the one that lies where `cold` says. Null: there is none.
const TreeFile* find_file(const std::vector<TreeFile>& files, FileName::Kind kind, uint64_t number,
                          bool cold = false);

}  // namespace coppice::engine
