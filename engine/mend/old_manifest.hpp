// What a manifest, perhaps damaged, still says of its tree.
#pragma once

#include <string>
#include <vector>

#include "engine/mend/tree_files.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/version/manifest_state.hpp"

namespace coppice::engine {

struct OldManifest {
  /// Of the edits in front of the first that cannot be read, or does not fit.
  ManifestState state;
  /// It knew its range: at least one edit could be read.
  bool begun = false;
  /// Why it cannot be trusted to say which files make the tree, with its path; empty: it can.
  std::string problem;
  /// Tables that an edit removed.
  std::vector<uint64_t> removed;
};

/// A manifest that was read whole may have lost its end all the same. It is not trusted either where a log that it does not name
/// holds what it does not know to be in tables; nor where a table is there that is newer than all it knows, and a file that it
/// names is missing, or the table holds newer writes than all that it names. `found`: the tree's files.
/// unsupported; invalid_argument: a key is lacking. Blocks: on the disk.
Result<OldManifest> read_old_manifest(FileSystem& files, const std::string& directory,
                                      const std::vector<TreeFile>& found, const KeyRing& keys);

}  // namespace coppice::engine
