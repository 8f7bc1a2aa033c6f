// The file that says which tables and logs make a tree: MANIFEST, a log of edits.
#pragma once

#include <string>

#include "engine/log/log_reader.hpp"
#include "engine/log/log_writer.hpp"
#include "engine/version/manifest_state.hpp"

namespace coppice::engine {

/// What a manifest that was read says, and where one may go on writing.
struct ManifestContent {
  ManifestState state;
  LogHeader header;
  uint64_t end_offset = 0;
};

/// After an error of append nothing is known about the file, and every later append is refused.
class Manifest {
public:
  /// Writes a new manifest beside the present one, if any, and puts it in its place.
  /// Durable: on success. Blocks: on the disk.
  static Result<Manifest> create(FileSystem& files, const std::string& directory, ManifestState state,
                                 uint64_t salt);

  /// Changes nothing. not_found: there is none; corruption names the file and offset; unsupported: a newer
  /// format. Blocks: on the disk.
  static Result<ManifestContent> read(FileSystem& files, const std::string& directory);

  /// Goes on where read() ended, cutting off what a crash left behind the last record.
  static Result<Manifest> resume(FileSystem& files, const std::string& directory, ManifestContent content);

  /// Durable: on success. Rewrites the file when it has grown much larger than what it says.
  /// Requires: the edit fits. Blocks: on the disk.
  Status append(const VersionEdit& edit, uint64_t salt);
  /// Ends the file behind its last edit, so that its whole length says something. Requires: nothing is appended
  /// afterwards. Blocks: on the disk.
  Status close() { return writer_.end(); }

  const ManifestState& state() const { return state_; }
  bool broken() const { return writer_.broken(); }

private:
  Manifest(FileSystem& files, std::string directory, ManifestState state, LogWriter writer);

  FileSystem* files_;
  std::string directory_;
  ManifestState state_;
  LogWriter writer_;
  /// Of the file when it was written whole.
  uint64_t whole_size_;
};

}  // namespace coppice::engine
