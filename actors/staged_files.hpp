// Files that somebody built, verified and on this store's own disk: on their way into shards.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/ingest/outside_table.hpp"

namespace coppice::actors {

struct Core;

/// Links, or copies: whoever gave the files may remove or exchange them meanwhile. Gone with the last handle; a crash leaves them
/// to the next opening of the store. Lifetime: the file system outlives it.
struct StagedFiles {
  StagedFiles(engine::FileSystem& in, std::string at) : files(in), directory(std::move(at)) {}
  ~StagedFiles();
  StagedFiles(const StagedFiles&) = delete;
  StagedFiles& operator=(const StagedFiles&) = delete;

  engine::FileSystem& files;
  const std::string directory;
  /// By their keys; no two overlap.
  std::vector<engine::OutsideTable> tables;
};
using StagedFilesPtr = std::shared_ptr<const StagedFiles>;

/// Errors are those of Store::ingest. Blocks: on the disk, for long: every byte is read.
Result<StagedFilesPtr> stage_files(Core& core, const std::vector<std::string>& paths);

}  // namespace coppice::actors
