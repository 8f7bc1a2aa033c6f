// Puts values of a flush or merge into files of their own.
#pragma once

#include <memory>

#include "engine/compact/job_state.hpp"
#include "engine/values/value_walk.hpp"
#include "engine/values/value_writer.hpp"

namespace coppice::engine {

/// Every file it began is named in `part.value_outputs`, complete or not, so that a failure can remove them all.
class ValueOutput {
public:
  /// Lifetime: both outlive this.
  ValueOutput(const JobState& job, JobPart& part) : job_(job), part_(part) {}

  /// Makes `entry` what its table is to hold: a value as large as the threshold becomes a reference, and one that lies in a file
  /// to be emptied is written anew. corruption: a reference leads nowhere. Lifetime: of what `entry` views then, until the next call.
  Status place(Entry& entry);
  /// `entry`, with the value itself if that lies apart; place() takes it for what it was. Lifetime: of what it views, until the
  /// next call.
  Result<Entry> fetched(const Entry& entry);
  /// Of values written.
  uint64_t size() const { return size_; }
  /// Durable: on success, the files; their names are the caller's to make durable.
  Status finish();

private:
  Result<const ValueFile*> find(const ValueRef& ref) const;
  Result<ByteView> read(const ValueRef& ref);
  Status begin_file();
  Status finish_file();

  const JobState& job_;
  JobPart& part_;
  std::unique_ptr<ValueWriter> writer_;
  ValueWalk walk_;
  Bytes stored_;
  // The value fetched last, and the reference that it was fetched by.
  Bytes fetched_;
  Bytes fetched_by_;
  uint64_t size_ = 0;
};

}  // namespace coppice::engine
