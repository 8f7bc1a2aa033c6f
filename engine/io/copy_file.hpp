// Files that no longer change, under a second name.
#pragma once

#include "engine/io/file.hpp"

namespace coppice::engine {

/// `target`: a second name for the same file, or, where the file system cannot give it one, a file with the same bytes.
/// Requires: neither will change. Durable: on success, the content; not the name. Blocks: on the disk, when it copies.
Status link_or_copy(FileSystem& files, const std::string& source, const std::string& target);

}  // namespace coppice::engine
