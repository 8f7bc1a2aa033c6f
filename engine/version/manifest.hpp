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
  LogFront front;
};

/// corruption, naming the manifest at `path`, if numbers from `next` on would soon be larger than one may name.
Status check_numbers(const std::string& path, uint64_t next);

/// After an error of append nothing is known about the file, and every later append is refused.
class Manifest {
public:
  /// Writes a new manifest beside the present one, if any, and puts it in its place. Encrypted with the current one of `keys`, if
  /// any, as is each that is written anew.
  /// Durable: on success. Blocks: on the disk.
  static Result<Manifest> create(FileSystem& files, const std::string& directory, ManifestState state,
                                 uint64_t salt, const KeyRing& keys);

  /// Changes nothing. not_found: there is none; corruption names the file and offset; unsupported: a newer
  /// format; invalid_argument: it is encrypted with a key that is not among `keys`. Blocks: on the disk.
  static Result<ManifestContent> read(FileSystem& files, const std::string& directory,
                                      const KeyRing& keys = {});

  /// Goes on where read() ended, cutting off what a crash left behind the last record. A file that is encrypted is not added
  /// to, for the reason that LogWriter::resume() has: the first append writes it anew, as it does one that has another key
  /// than new files get.
  static Result<Manifest> resume(FileSystem& files, const std::string& directory, ManifestContent content,
                                 const KeyRing& keys);

  /// So that appends of `edits` find room. An error leaves all as it was: out_of_space is no reason to give the tree up.
  Status make_room(std::span<const VersionEdit> edits);
  /// Durable: on success. Rewrites the file when it has grown much larger than what it says, if it can.
  /// Requires: the edit fits. Blocks: on the disk.
  Status append(const VersionEdit& edit, uint64_t salt);
  /// Ends the file behind its last edit, so that its whole length says something. Requires: nothing is appended
  /// afterwards. Blocks: on the disk.
  Status close() { return writer_.end(); }

  const ManifestState& state() const { return state_; }
  bool broken() const { return writer_.broken(); }
  /// Of the key it is encrypted with; 0: it is not.
  uint64_t key_id() const { return writer_.key_id(); }

private:
  Manifest(FileSystem& files, std::string directory, ManifestState state, LogWriter writer, KeyRing keys);

  bool is_to_be_rewritten() const;
  /// Goes on in a file that was written whole beside the present one.
  Status begin(LogWriter fresh);

  FileSystem* files_;
  std::string directory_;
  ManifestState state_;
  LogWriter writer_;
  KeyRing keys_;
  /// Nothing may be added to the file.
  bool frozen_ = false;
  /// Of the file when it was written whole, or could not be.
  uint64_t whole_size_;
};

}  // namespace coppice::engine
