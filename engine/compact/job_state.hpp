// What is inside of a tree's Job: everything it reads and decides with, and its outcome.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/compact/job.hpp"
#include "engine/compact/picker.hpp"
#include "engine/compact/survivors.hpp"
#include "engine/compact/table_cuts.hpp"
#include "engine/log/log_files.hpp"
#include "engine/memory/memtable.hpp"
#include "engine/table/table_builder.hpp"
#include "engine/tree_shape.hpp"

namespace coppice::engine {

/// Gives every table and log of a tree its number. Threads: any.
using FileNumbers = std::atomic<uint64_t>;

/// Bytes a second that a merge should write; infinite: as many as it can. Changes while it runs. Threads: any.
using MergeRate = std::atomic<double>;

/// What one thread does of a job: what lies in a range of keys, from all of the inputs into tables of its own.
struct JobPart {
  KeyRange range;
  TableCuts cuts;
  /// Its outputs lie in the tree's cold directory.
  bool cold = false;
  /// The numbers of the value files that are to be emptied, ascending: values that lie in them are written anew.
  std::vector<uint64_t> emptied = {};

  // The outcome.
  bool has_run = false;
  Status status = {};
  std::vector<TableMeta> outputs = {};
  std::vector<ValueFileMeta> value_outputs = {};
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t entries_read = 0;
};

struct JobState final : JobWork {
  JobState(Job::Kind job_kind, const TreeEnv& stands_on) : JobWork(job_kind), env(stands_on) {}

  TreeEnv env;
  std::string directory;
  TreeShape options;
  std::shared_ptr<FileNumbers> numbers;
  std::shared_ptr<const MergeRate> rate;
  SurvivalRules rules;
  /// Of the tables written: see filter_rate.hpp.
  double filter_rate = 0;
  Compression compression = Compression::none;

  /// The first part removes them before all else. Of a job that never ran they are left.
  std::vector<uint64_t> retired_logs;

  /// Of a flush.
  std::shared_ptr<const Memtable> memtable;
  /// A log is begun with this salt, for a memtable to come.
  std::optional<uint64_t> spare_log_salt;
  /// That log; nothing also if it could not be begun, on a full disk for instance.
  std::optional<LogWriter> spare_log;
  /// Of a merge, and of a flush of some keys together with the tables below: see flush_step.hpp.
  std::optional<MergePlan> plan;
  /// What the plan's tables refer to, by ascending number.
  std::vector<ValueFileHandle> value_files;
  /// Of the latter: logs whose end may not be on the disk, by their numbers. The first part syncs them, or after a crash
  /// tables could hold a part of a batch of which the log has lost the rest.
  std::vector<std::pair<uint64_t, std::shared_ptr<LogFile>>> log_files;
  /// What came of that. After a failure nothing is known about those logs.
  Status log_status;

  /// In the order of their keys. Threads: while the job runs each has its own.
  std::vector<JobPart> parts;
  /// A part has failed, so the others need not go on. Threads: any.
  std::atomic<bool> failed{false};

  /// When the first part began and the last ended, by the watch; `has_begun` is true from then on. Threads: any.
  std::atomic<bool> has_begun{false};
  std::atomic<uint64_t> begun_ns{0};
  std::atomic<uint64_t> ended_ns{0};

  /// Success once every part has run and succeeded; else what went wrong first, in the order of the parts, and
  /// cancelled only if nothing else did.
  Status outcome() const;
  /// corruption: the outputs refer to more of a value file than the inputs said that they do, so one of those is wrong of itself.
  /// Requires: the outcome is success.
  Status check_uses() const;
  /// The directory of the part's outputs.
  const std::string& place_of(const JobPart& part) const { return env.place_of(directory, part.cold); }
  uint64_t entries_read() const;
  /// What the job is about, with what it is to read.
  Event event(EventKind what) const;
  /// Something is to be written: the tables do not just move or go.
  bool writes() const { return !plan || !(plan->move || plan->drop); }

  size_t table_count() const override;
  size_t part_count() const override { return parts.size(); }
  void run_part(size_t index, const std::atomic<bool>& cancelled, const Job::Pace& pace) override;
  uint64_t bytes_read() const override;
  uint64_t bytes_written() const override;

  /// Outputs that nobody took over are removed.
  ~JobState() override { remove_outputs(); }
  void remove_outputs();
  void remove_outputs(JobPart& part);
};

}  // namespace coppice::engine
