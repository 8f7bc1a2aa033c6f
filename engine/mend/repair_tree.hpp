// Makes a new tree of what can be saved of another.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/tree_shape.hpp"

namespace coppice::engine {

/// What became of one file of a damaged tree.
struct MendedFile {
  enum class Fate : uint8_t {
    kept,      // it is whole, and the new tree has it as it is
    rebuilt,   // damaged: a new file holds what could be read
    merged,    // what could be read is in new tables, together with what others hold
    copied,    // a log, or as much of it as could be read
    left_out,  // no part of the tree
    lost,      // missing, or nothing of it could be read
  };
  std::string path;
  Fate fate = Fate::kept;
  /// Entries or records that could be read.
  uint64_t count = 0;
  /// What was wrong; empty: nothing.
  std::vector<std::string> problems = {};
  /// Keys whose newest version, or delete, may have been lost lie in here: they may be gone, or show an older value.
  std::vector<KeyRange> lost = {};
};

/// "kept", "rebuilt", ...
std::string_view to_string(MendedFile::Fate fate);

struct RepairReport {
  std::vector<MendedFile> files;
  /// What cannot be known, and what may follow from it.
  std::vector<std::string> doubts;

  bool lost_nothing() const;
};

struct RepairOptions {
  /// Of tables that are written.
  TreeShape tree;
  /// The keys that the tree owns; nothing: its manifest says so.
  std::optional<KeyRange> range;
  /// Only says what would become of each file.
  bool dry_run = false;
  /// Asked every now and then; false ends it.
  std::function<bool()> go_on = [] { return true; };
};

/// Reads `source`, and changes nothing in it; makes the directory `target` a tree that opens, of links to what is whole and
/// of new files for the rest. So it can be tried again, and what a better tool would save is still there.
///
/// Where the manifest can be trusted it says which tables live, and in which level: whole tables stay as they are, damaged
/// ones are written anew with what can be read, and missing ones are told with the keys they held. Logs are copied record by
/// record, as far as they are valid.
///
/// Otherwise nothing says which of two tables is the newer but the commits of their entries. So tables that overlap, and all
/// that the logs hold, are merged, version by version, into the last level: each key then has its newest version. Tables that
/// merges had replaced and that were not removed yet cannot be told from others, unless what is left of the manifest names
/// them: they may bring back keys that were deleted. When a table was ingested nothing says either, unless what is left of the
/// manifest does: it is taken for newer than tables with smaller numbers, and older than all else. The report says so.
///
/// The new tree has no cold directory: what lies in that of `env`, on another file system, is copied. One that is given and is not
/// there, or is empty, is lost with all that lay in it. A file that the manifest says lies in one of the two directories is also
/// found in the other.
///
/// Values that lie apart from their keys are read as well: one that is lost is lost to its key. Files of values are linked, and
/// only those that have lost their ends are given up: the values that can be read go back to their keys.
///
/// What is written anew is encrypted with the current one of `env`'s keys; what is linked stays as it is.
///
/// cancelled; in_use: `target` is there; not_found: no file of a tree in `source`; unsupported: a newer format;
/// invalid_argument: a file is encrypted with a key that `env` lacks, or the manifest says that files lie in a cold directory, and `env`
/// has none; others: the target cannot be written. Adds to
/// `report`. Durable: on success. Requires: nobody has the source open; nothing of it is in `env`'s cache. Memory: what the logs hold. Blocks: on the disk.
Status repair_tree(const TreeEnv& env, const std::string& source, const std::string& target,
                   const RepairOptions& options, RepairReport& report);

}  // namespace coppice::engine
