// The log files of a tree's directory: how one is begun, and how they go.
#pragma once

#include <string>
#include <vector>

#include "engine/log/log_writer.hpp"

namespace coppice::engine {

/// Begins log `number`, with a random salt, encrypted with the current one of `keys`, if any. On an error no file is left, if the
/// disk allows.
/// Durable: the file, its header and its name. Threads: any. Blocks: on the disk.
Result<LogWriter> begin_log(FileSystem& files, const std::string& directory, uint64_t number, uint64_t salt,
                            const KeyRing& keys);

/// What cannot be removed is left to the next opening of the tree. Blocks: on the disk, for milliseconds where a log is
/// large.
void remove_logs(FileSystem& files, const std::string& directory, const std::vector<uint64_t>& numbers);

}  // namespace coppice::engine
