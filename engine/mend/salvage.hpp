// A table, whole or damaged, as a source of what can still be read of it.
#pragma once

#include <memory>

#include "engine/mend/table_walk.hpp"
#include "engine/mend/value_rescue.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/table/table_meta.hpp"

namespace coppice::engine {

/// Entries in order, and range deletes, past what is damaged; and what was lost on the way. An entry whose value lies apart and
/// cannot be read is lost as well.
/// Memory: as TableWalk. Blocks: on the disk.
class SalvagedTable {
public:
  /// `bounds`: of the table, where a manifest says so. corruption: nothing of the file can be read, as its footer is gone.
  /// invalid_argument: a key is lacking. Lifetime: `env` and `values` outlive it.
  static Result<std::unique_ptr<SalvagedTable>> open(const TreeEnv& env, ValueRescue& values,
                                                     const std::string& path, const KeyRange& bounds);

  /// It was built outside of a tree, as its footer says: entries have kOutsideCommit, unless another is given.
  bool is_outside() const { return is_outside_; }
  void ingested_at(Timestamp commit) { commit_ = commit; }
  /// A manifest that is whole describes the table: what lies outside of its bounds, or of its commits, is damage, and would hide what is
  /// newer. Requires: next() comes later.
  void expect(const TableMeta& meta);

  /// The next entry, or nullptr at the end, or where status() fails. Lifetime: until the next call.
  const Entry* next();
  /// What is no damage, and ended the walk.
  const Status& status() const { return status_; }
  const std::vector<RangeDelete>& range_deletes() const { return range_deletes_; }

  uint64_t entry_count() const { return entry_count_; }
  /// So far; the first few of each. Adjoining ranges are one.
  const std::vector<std::string>& problems() const { return problems_; }
  const std::vector<KeyRange>& lost() const { return lost_; }

private:
  SalvagedTable(std::unique_ptr<RandomFile> file, ValueRescue& values)
      : file_(std::move(file)), values_(values) {}

  /// False: it is lost.
  bool date();
  /// False: it is lost, or status() fails.
  bool save_value();
  bool fits();
  /// Requires: expect() came before.
  bool commits(Timestamp moment) const;
  void note(std::string problem, std::optional<KeyRange> lost);
  void read_range_deletes(const Footer& footer, const BlockForm& form, const KeyRange& bounds);

  const std::unique_ptr<RandomFile> file_;
  ValueRescue& values_;
  bool is_outside_ = false;
  Timestamp commit_ = kOutsideCommit;
  Status status_;
  Entry entry_;
  /// Of a value that came back to its key.
  Bytes value_;
  std::optional<TableWalk> walk_;
  std::optional<TableMeta> expected_;
  std::vector<RangeDelete> range_deletes_;
  uint64_t entry_count_ = 0;
  std::vector<std::string> problems_;
  std::vector<KeyRange> lost_;
};

}  // namespace coppice::engine
