// A flush or a merge as a value: planned by the tree's owner, run anywhere, installed by the owner.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "schema/result.hpp"

namespace coppice::engine {

class JobWork;

/// Every job that a tree planned must come back to Storage::install, run or not: until then the tree believes
/// it under way. A job that never ran counts as cancelled.
///
/// A job holds what it reads; it may outlive its tree, and then removes nothing but its own outputs.
class Job {
public:
  enum class Kind : uint8_t { flush, merge };

  explicit Job(std::unique_ptr<JobWork> work);
  Job(Job&&) noexcept;
  Job& operator=(Job&&) noexcept;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job();

  Kind kind() const;
  /// The tables that a merge takes; 0 of a flush.
  size_t table_count() const;

  /// Is told, every now and then, how many bytes a merge has written since, and how many a second it should write
  /// now: few while nothing presses, so that it does not get in the way of others; infinitely many once the tree
  /// falls behind. It makes the merge wait.
  using Pace = std::function<void(uint64_t size, double rate)>;

  /// A large merge is cut into parts, ranges of keys that are merged each by itself; 1 and more.
  size_t part_count() const;
  /// Does the work of one part and keeps the outcome inside for Storage::install. Stops early, removing what it
  /// wrote, once `cancelled` is true or another part has failed: the job fails as a whole. Without a pace it goes as fast
  /// as it can. Requires: `part` < part_count() has not run before.
  /// Threads: any, another for each part at the same time. Blocks: on the disk, for long.
  void run_part(size_t part, const std::atomic<bool>& cancelled, const Pace& pace = {});
  /// All parts, one after the other.
  void run(const std::atomic<bool>& cancelled, const Pace& pace = {});

  /// Of the files read and written by the parts that have run.
  uint64_t bytes_read() const;
  uint64_t bytes_written() const;

  /// For the storage that planned it.
  JobWork& work() { return *work_; }

private:
  std::unique_ptr<JobWork> work_;
};

/// What is inside of a job: each engine with work in the background has its own. The contracts are Job's.
class JobWork {
public:
  explicit JobWork(Job::Kind job_kind) : kind(job_kind) {}
  JobWork(const JobWork&) = delete;
  JobWork& operator=(const JobWork&) = delete;
  virtual ~JobWork() = default;

  virtual size_t table_count() const { return 0; }
  virtual size_t part_count() const { return 1; }
  virtual void run_part(size_t part, const std::atomic<bool>& cancelled, const Job::Pace& pace) = 0;
  virtual uint64_t bytes_read() const { return 0; }
  virtual uint64_t bytes_written() const { return 0; }

  const Job::Kind kind;
};

}  // namespace coppice::engine
