// Finds one key in a view, source by source.
#pragma once

#include "engine/cursor/expiry.hpp"
#include "engine/cursor/operand_chain.hpp"
#include "engine/table/table_reader.hpp"
#include "engine/table/value_ref.hpp"
#include "engine/view.hpp"

namespace coppice::engine {

/// Sources are asked newest first, until one has a word about the key: a version of it, or a range delete that covers it.
/// Behind that one all others are older. Of one source range deletes are asked first: in it they may be newer than its
/// version of the key.
///
/// An operand is a word about the key that needs what lies below it: the search goes on from there, at an earlier moment, in the
/// same source first.
///
/// Lifetime: view, key and `expiry` outlive it. Threads: one.
class KeySearch {
public:
  KeySearch(const View& view, ByteView key, Timestamp at, Expiry& expiry);

  ByteView key() const { return key_; }
  /// key_hash() of it.
  uint64_t hash() const { return hash_; }
  /// The moment that versions are looked for at now.
  Timestamp at() const { return at_; }

  /// Begins to load what ask_memtables() will look at first.
  void prefetch() const;
  /// All memtables; a value that is found goes into `value`. Whether the search is over.
  bool ask_memtables(Bytes& value);

  /// The next table that may hold the key. Nullptr: there is none, and the search is over.
  const TableReader* next_table();
  /// Of the table that next_table() gave. Errors and blocking: TableReader's.
  Status ask_range_deletes(const TableReadOptions& options);
  /// What that table has of the key; a value goes into `value`, unless it lies apart. Whether the search is over. Requires: ask_range_deletes()
  /// succeeded.
  bool take(const PointRead& read, Bytes& value);

  /// Where what was found lies, if not in its table: to be read into `value` before finish().
  const std::optional<ValueRef>& apart() const { return apart_; }
  /// Operands are to be done to what was found.
  bool has_operands() const { return chain_ != nullptr; }
  /// Requires: the search is over. Whether the key has a value, which is in `value` then.
  /// corruption: what was taken for operands is none.
  Result<bool> finish(Bytes& value);
  /// Requires: the key has a value. The commit of the newest version that has a part in it.
  Timestamp version() const { return version_; }
  /// Of the table that next_table() gave.
  uint32_t level() const { return level_; }
  /// Where the search ended: one of read_work.hpp's.
  size_t place() const;

private:
  bool ask(const Memtable& memtable, Bytes& value);
  /// Whether the search is over with a version that nothing hides.
  bool take_word(Kind kind, Timestamp commit, ByteView stored, Bytes& value);
  bool take_operand(ByteView stored);

  const View& view_;
  const ByteView key_;
  const uint64_t hash_;
  const Timestamp read_at_;
  Timestamp at_;
  Expiry& expiry_;
  bool has_value_ = false;
  std::optional<ValueRef> apart_;
  size_t next_run_ = 0;
  uint32_t level_ = 0;
  const TableReader* table_ = nullptr;
  Timestamp deleted_;
  Timestamp version_;
  /// If an operand was met.
  std::unique_ptr<OperandChain> chain_;
  bool makes_sense_ = true;
};

}  // namespace coppice::engine
