// Writes the outcome of a flush or merge into as many tables as it needs.
#pragma once

#include <memory>
#include <vector>

#include "engine/compact/job_state.hpp"

namespace coppice::engine {

/// Trees that share a block cache lie in different directories, and a tree never uses a number twice: so no other file that the
/// cache knows has this id.
uint64_t unique_id_of(const JobState& job, const std::string& file_name);

/// Cuts between user keys only, where `part.cuts` says, so that the tables of one level keep apart; and clips range
/// deletes to the part's keys between the cuts on either side of their table:
///
///     keys            b   d   f   |   h   k   m
///     range deletes     c=========|===========n
///     tables          [ 1        )[ 2          )
///
/// Every table it began is named in `part.outputs`, complete or not, so that a failure can remove them all.
class TableOutput {
public:
  /// Lifetime: both outlive this.
  TableOutput(const JobState& job, JobPart& part, std::vector<RangeDelete> range_deletes);

  /// corruption: `entry` lies before the part's range, or not behind the one before it, as where a table that was read is out of
  /// order; nothing more can be added then. Requires: `entry` lies before the end of the part's range.
  Status add(const Entry& entry);
  /// Of keys and values added.
  uint64_t size() const { return size_; }
  /// Durable: on success, all tables, their names included.
  Status finish();

private:
  std::optional<Bytes> cut_before(const Entry& entry);
  Status begin_table();
  Status finish_table(const std::optional<Bytes>& cut);

  const JobState& job_;
  JobPart& part_;
  const std::vector<RangeDelete> range_deletes_;
  std::unique_ptr<TableBuilder> builder_;
  // Of keys and values in the present table: never more than its size.
  uint64_t added_size_ = 0;
  uint64_t size_ = 0;
  /// Where the present table's share of the keys begins.
  Bytes cut_;
  /// What was added last, or where the part begins.
  Bytes last_key_;
  Timestamp last_commit_ = kTimestampMax;
};

}  // namespace coppice::engine
