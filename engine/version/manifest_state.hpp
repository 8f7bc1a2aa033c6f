// The sum of a manifest's edits.
#pragma once

#include <map>
#include <set>

#include "engine/io/file_names.hpp"
#include "engine/version/version_edit.hpp"

namespace coppice::engine {

struct ManifestState {
  struct LogState {
    bool closed = false;
  };

  struct ValueState {
    ValueFileMeta file;
    /// That refer to it, and how many bytes of it they use.
    uint64_t table_count = 0;
    uint64_t live_size = 0;
  };

  KeyRange range;
  /// By number, with the level each lies in.
  std::map<uint64_t, VersionEdit::Added> tables;
  /// By number: those that tables refer to.
  std::map<uint64_t, ValueState> values;
  /// Not retired.
  std::map<uint64_t, LogState> logs;
  /// Every number in use is smaller.
  uint64_t next_file_number = 1;
  /// Every commit up to here is in tables.
  Timestamp flushed;
  /// From this moment on all can be asked for. kTimestampMin: not known, as an earlier build made the tree.
  Timestamp history_from = {};

  /// corruption, and nothing changed that matters, if the edit does not fit: it removes what is not there,
  /// adds what is there already, or goes back in time.
  Status apply(const VersionEdit& edit);

  /// Takes a table in, with what it refers to. corruption: it is there already, or a value file is not, or not so large.
  Status add(const VersionEdit::Added& added);

  /// corruption unless tables below level 0 keep apart.
  Status check_levels() const;

  /// The tree has a table or a value file of this name, and keeps it there. Requires: `file` is one of the two.
  bool has(const FileName& file, bool cold) const;

  /// One edit that makes this state out of nothing.
  VersionEdit whole() const;
};

}  // namespace coppice::engine
