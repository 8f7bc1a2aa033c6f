// Writes a table, front to back, from entries that come in order. The format is in table_format.hpp.
#pragma once

#include <memory>

#include "engine/cursor/entry.hpp"
#include "engine/io/file.hpp"
#include "engine/options.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/table/table_meta.hpp"

namespace coppice::engine {

struct TableBuilderOptions {
  uint64_t number = 0;
  /// Never used for another table by any tree that shares its block cache.
  uint64_t unique_id = 0;
  size_t block_size = 4096;
  /// Of absent keys, how many the filter lets pass: see bloom.hpp.
  double filter_rate = 0.01;
  Compression compression = Compression::none;
  /// What it is encrypted with, if at all.
  KeyRing keys = {};
  /// It is built outside of a tree; all that is added is as kTableOutside says.
  bool outside = false;
};

/// After an error the file is worthless: remove it. Memory: a few blocks, with zstd kDictionarySampleSize of them; eight
/// bytes a key for the filter, and the range deletes.
class TableBuilder {
public:
  /// Requires: `file` is empty.
  TableBuilder(std::unique_ptr<AppendFile> file, const TableBuilderOptions& options);
  ~TableBuilder();

  /// Requires: `entry` lies after the one before it in internal order.
  Status add(const Entry& entry);
  /// In any order, at any time before finish(). Requires: it is clipped to what this table may hold, and not
  /// empty.
  void add_range_delete(RangeDelete range_delete);

  bool empty() const;
  /// How large the file would be if it were finished now, about.
  uint64_t size() const;

  /// Writes what is left. Requires: !empty(); nothing is added afterwards.
  /// Durable: on success, the file's content; its name is the caller's to make durable.
  Result<TableMeta> finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coppice::engine
