// The one interface for walking entries in order: memtables, tables, levels and their merge all speak it.
#pragma once

#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// Walks entries in internal order (see Position). A new cursor stands nowhere: seek before next or prev.
///
/// Every move returns the entry it came to, or nullptr past either end or after a failure, which status()
/// tells apart. After nullptr the cursor stands nowhere again.
///
/// Lifetime: an entry and its views are valid until the next move. Whatever the cursor reads from outlives
/// it. Threads: one at a time. Blocks: on the disk, where it reads tables.
class Cursor {
public:
  Cursor() = default;
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  virtual ~Cursor() = default;

  /// The first entry at or after `target`. seek({}) is the first of all.
  virtual const Entry* seek(const Position& target) = 0;
  /// The last entry before `target`.
  virtual const Entry* seek_before(const Position& target) = 0;
  /// The last entry of all.
  virtual const Entry* seek_last() = 0;

  /// Requires: the last move returned an entry.
  virtual const Entry* next() = 0;
  virtual const Entry* prev() = 0;

  /// Like next(), but may leave out entries before `target` that are older than `commit`: how a scan crosses
  /// a range delete without reading what it covers. Requires: as next(), and `target` lies behind this entry.
  virtual const Entry* next_past(const Position& /*target*/, Timestamp /*commit*/) { return next(); }
  /// Like prev(), but may leave out entries at or after `target` that are older than `commit`.
  /// Requires: as prev(), and `target` lies at or before this entry.
  virtual const Entry* prev_past(const Position& /*target*/, Timestamp /*commit*/) { return prev(); }

  /// Success unless a read failed or found damage; then the error names the file and offset, for ever.
  virtual const Status& status() const = 0;
};

}  // namespace coppice::engine
