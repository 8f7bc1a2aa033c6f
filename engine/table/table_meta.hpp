// What the tree knows about a table without opening it.
#pragma once

#include <vector>

#include "engine/table/cleared_ranges.hpp"
#include "engine/table/table_expiry.hpp"
#include "engine/table/value_uses.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

/// What a table that was built outside of a tree says of each of its entries.
inline constexpr Timestamp kOutsideCommit{1};

/// The manifest keeps one for every live table; the file repeats all but the number and the place in its properties, and holds the range
/// deletes themselves.
struct TableMeta {
  /// Names the file: see io/file_names.hpp.
  uint64_t number = 0;
  uint64_t file_size = 0;
  /// Holds every key and every range delete of the table. The first bound is one of theirs; `end` is the
  /// largest key with a zero byte behind it, or the end of a range delete.
  KeyRange bounds;
  /// Puts and removes.
  uint64_t entry_count = 0;
  /// Of them, removes.
  uint64_t delete_count = 0;
  uint64_t range_delete_count = 0;
  /// Of the entries, those behind a newer one of their key in this table that is no operand: kept for readers of earlier moments.
  uint64_t hidden_count = 0;
  ExpiryMoments expiry = {};
  /// What they cover, as far as it takes few words to say. Empty also in what earlier builds wrote.
  std::vector<ClearedRange> cleared = {};
  /// The values that its entries refer to.
  ValueUses values = {};
  /// Commit timestamps of the entries and range deletes.
  Timestamp oldest = kTimestampMax;
  Timestamp newest = kTimestampMin;
  /// Kept when several trees share the file, so it tells blocks apart where numbers cannot.
  uint64_t unique_id = 0;
  /// Of the key it is encrypted with; 0: it is not.
  uint64_t key_id = 0;
  /// The file lies in the tree's cold directory. It does not say so itself.
  bool cold = false;

  /// Of a table that was built outside: the commit of each of its entries, whose file says kOutsideCommit; kTimestampMin: a table of
  /// which the file says it.
  Timestamp ingested = kTimestampMin;

  /// By how much the commits of the entries lie behind those in the file.
  uint64_t commit_shift() const { return ingested == kTimestampMin ? 0 : ingested.raw - kOutsideCommit.raw; }
  /// The same table as its file has it.
  TableMeta in_file() const {
    TableMeta meta = *this;
    meta.oldest.raw -= commit_shift();
    meta.newest.raw -= commit_shift();
    return meta;
  }

  /// What the table keeps on the disk: its file, and the values it refers to.
  uint64_t full_size() const { return file_size + values.size(); }
  bool operator==(const TableMeta&) const = default;
};

}  // namespace coppice::engine
