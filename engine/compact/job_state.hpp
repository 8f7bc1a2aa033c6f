// What is inside of a Job: everything it reads and decides with, and its outcome.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/compact/job.hpp"
#include "engine/compact/picker.hpp"
#include "engine/compact/survivors.hpp"
#include "engine/compact/table_cuts.hpp"
#include "engine/memory/memtable.hpp"
#include "engine/options.hpp"
#include "engine/table/table_builder.hpp"

namespace coppice::engine {

/// Gives every table and log of a tree its number. Threads: any.
using FileNumbers = std::atomic<uint64_t>;

/// Bytes a second that a merge should write; infinite: as many as it can. Changes while it runs. Threads: any.
using MergeRate = std::atomic<double>;

struct JobState {
  explicit JobState(const TreeEnv& stands_on) : env(stands_on) {}
  JobState(const JobState&) = delete;
  JobState& operator=(const JobState&) = delete;

  Job::Kind kind = Job::Kind::flush;
  TreeEnv env;
  std::string directory;
  TreeOptions options;
  std::shared_ptr<FileNumbers> numbers;
  std::shared_ptr<const MergeRate> rate;
  SurvivalRules rules;
  TableCuts cuts;
  /// Of the tables written.
  uint32_t filter_bits_per_key = 0;

  /// Of a flush.
  std::shared_ptr<const Memtable> memtable;
  /// Of a merge.
  MergePlan plan;

  // The outcome.
  bool has_run = false;
  Status status;
  std::vector<TableMeta> outputs;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;

  /// Outputs that nobody took over are removed.
  ~JobState() { remove_outputs(); }
  void remove_outputs();
};

}  // namespace coppice::engine
