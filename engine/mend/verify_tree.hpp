// Checks everything in a tree's directory while nobody has the tree open.
#pragma once

#include <functional>

#include "engine/options.hpp"
#include "engine/tree_reader.hpp"

namespace coppice::engine {

struct VerifyTreeOptions {
  /// The keys that the tree should own; nothing: whatever its manifest says.
  std::optional<KeyRange> range;
  /// Is told how far it has come, every now and then; false ends the verification.
  std::function<bool(const VerifyReport&)> go_on = [](const VerifyReport&) { return true; };
};

/// Adds to `report`, and changes no file:
///   - the manifest: its frame, that every edit fits, that levels keep apart; every table, value file and log it names is there;
///   - tables: what TableReader::verify() says, against what the manifest says of each; without a manifest, against what each
///     says of itself;
///   - values that lie apart: every one that a table refers to;
///   - levels: that what they say of a key is newer above than below;
///   - logs: every record and batch, that commits rise, and that none has lost its end; as opening the tree would;
///   - files that no manifest names, and that the next opening removes: they are notes, no problems.
///
/// cancelled: `go_on` said so; invalid_argument: a file is encrypted with a key that `env` lacks, or the tree has a cold directory and
/// `env` none; io_error: the disk refused a read, or the cold directory is not there. Damage is in the report: a problem names the file, the
/// offset where there is one, and what to do. Requires: nobody has the tree open. Blocks: on the disk, for long.
Status verify_tree(const TreeEnv& env, const std::string& directory, const VerifyTreeOptions& options,
                   VerifyReport& report);

}  // namespace coppice::engine
