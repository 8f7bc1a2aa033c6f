// Finds one key in a view, source by source.
#pragma once

#include "engine/table/table_reader.hpp"
#include "engine/view.hpp"

namespace coppice::engine {

/// Sources are asked newest first, until one has a word about the key: a version of it, or a range delete that covers it.
/// Behind that one all others are older. Of one source range deletes are asked first: in it they may be newer than its
/// version of the key.
///
/// Lifetime: view and key outlive it. Threads: one.
class KeySearch {
public:
  KeySearch(const View& view, ByteView key, Timestamp at);

  ByteView key() const { return key_; }
  /// key_hash() of it.
  uint64_t hash() const { return hash_; }
  Timestamp at() const { return at_; }

  /// Begins to load what ask_memtables() will look at first.
  void prefetch() const;
  /// All memtables; a value that is found goes into `value`. Whether the search is over.
  bool ask_memtables(Bytes& value);

  /// The next table that may hold the key. Nullptr: there is none, and the search is over.
  const TableReader* next_table();
  /// Of the table that next_table() gave. Errors and blocking: TableReader's.
  Status ask_range_deletes(const TableReadOptions& options);
  /// What that table has of the key; a value goes into `value`. Whether the search is over. Requires: ask_range_deletes()
  /// succeeded.
  bool take(const PointRead& read, Bytes& value);

  bool has_value() const { return has_value_; }
  /// Of the table that next_table() gave.
  uint32_t level() const { return view_.version->level_of_run(next_run_ - 1); }
  /// Where the search ended: one of read_work.hpp's.
  size_t place() const;

private:
  bool ask(const Memtable& memtable, Bytes& value);

  const View& view_;
  const ByteView key_;
  const uint64_t hash_;
  const Timestamp at_;
  bool has_value_ = false;
  size_t next_run_ = 0;
  const TableReader* table_ = nullptr;
  Timestamp deleted_;
};

}  // namespace coppice::engine
