// What a shard asks of the actor around it. Tests bring one that needs no actors.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "actors/parts_away.hpp"
#include "actors/range_merge.hpp"
#include "engine/storage.hpp"

namespace coppice::actors {

/// A job on its way through the compactor pool and back.
struct RunningJob {
  explicit RunningJob(engine::Job planned, RangeMergeHandle asked_for = nullptr)
      : kind(planned.kind()), job(std::move(planned)), merge(std::move(asked_for)), parts(job.part_count()) {}

  // For the owner.

  /// Parts that were begun end soon; the others never begin, so that nobody waits for a thread only to hear that there is nothing
  /// to do. Returns whether the job is home by that: nobody else says so then.
  bool cancel() {
    cancelled.store(true, std::memory_order_relaxed);
    let_go();
    return parts.give_back();
  }
  /// Its parts wait at their next entries until it is let go or cancelled.
  void hold() {
    if (!cancelled.load(std::memory_order_relaxed)) held_.store(true, std::memory_order_relaxed);
  }
  void let_go() {
    held_.store(false, std::memory_order_relaxed);
    held_.notify_all();
  }

  // For threads that run a part, every few entries.

  bool is_held() const { return held_.load(std::memory_order_relaxed); }

  /// Blocks: while the job is held.
  void wait_while_held() const { held_.wait(true, std::memory_order_relaxed); }
  void wrote(uint64_t size) {
    if (merge == nullptr) return;
    written_.fetch_add(size, std::memory_order_relaxed);
    merge->wrote(size);
  }
  /// Requires: no part runs any more.
  uint64_t written() const { return written_.load(std::memory_order_relaxed); }

  /// For the owner, who may not look into `job` while it runs or is installed on another thread.
  const engine::Job::Kind kind;
  engine::Job job;
  std::atomic<bool> cancelled{false};
  /// Of a merge that somebody asked for.
  const RangeMergeHandle merge;
  PartsAway<> parts;

private:
  std::atomic<bool> held_{false};
  std::atomic<uint64_t> written_{0};
};

/// Every answer comes as a later call into the shard, on its own turn, never from inside the call that asked.
class ShardHost {
public:
  virtual ~ShardHost() = default;

  /// Runs `work` on a thread that may wait for the disk; Shard::ran() gets its outcome.
  virtual void run_apart(std::function<Status()> work) = 0;
  /// Runs the job's parts on the compactor pool, several at once where it has the workers; Shard::job_ran() gets the
  /// job back once all have run.
  virtual void run_job(std::shared_ptr<RunningJob> job) = 0;
  /// Shard::job_ran() gets the job back: it was cancelled, and no part of it is away.
  virtual void give_back(std::shared_ptr<RunningJob> job) = 0;
  /// The job's parts go on, or begin: it is held no more.
  virtual void let_go(const std::shared_ptr<RunningJob>& job) = 0;
  /// Shard::timer() is called after `delay`.
  virtual void wake_after(std::chrono::microseconds delay) = 0;
  /// The shard serves no more. What it held is answered; what still comes into its queue is not.
  virtual void failed(const Error& error) = 0;
  /// The last call: nothing that the shard gave out is away any more, so the directory may be opened again.
  virtual void ended() = 0;
  virtual std::chrono::steady_clock::time_point now() = 0;
};

}  // namespace coppice::actors
