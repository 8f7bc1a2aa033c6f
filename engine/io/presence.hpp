// Whether a directory that was there is there still.
#pragma once

#include <string>

#include "engine/io/file.hpp"

namespace coppice::engine {

/// `not_found` unless it is. Asked before anything is made in it: FileSystem::make_directory makes what is missing on the way too,
/// so that on a disk that is mounted no more a new tree of directories would arise on whatever lies below.
Status check_present(FileSystem& files, const std::string& directory);

}  // namespace coppice::engine
