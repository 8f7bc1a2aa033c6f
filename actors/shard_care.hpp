// When a shard seals, flushes and merges: the work in the background of one tree.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/shard_host.hpp"
#include "actors/store.hpp"

namespace coppice::actors {

/// Owned by a Shard, which calls step() whenever the tree is free.
///
///     memtable full ----> seal ----> plan flush ----> compactor pool ----> install
///     levels uneven ---------------> plan merge ----> compactor pool ----> install
///
/// Sealing and installing wait for the disk, so the tree is lent to another thread for them: meanwhile the
/// shard touches it no more than during a sync.
///
/// A range delete that covers whole tables does not wait in the memtable for others to fill it: it is sealed within seconds,
/// and they are dropped. What a snapshot kept goes as soon after its release.
///
/// Whether merges begin is for whoever owns the store to say (see Merging), and how often those that are due are looked for; one
/// look goes on until nothing is due.
///
/// Every few seconds tables that nobody reads are closed, if others lack the memory that they keep; and merges are looked for
/// that time alone has made due, as much has expired or left the history.
///
/// A seal that fails and leaves the tree whole, on a full disk for instance, is tried again every half second
/// and whenever a flush is asked for. Until one succeeds the shard should take no writes: the next append to
/// the log would most likely fail as well, and after that the tree would have to go down to recover.
class ShardCare {
public:
  /// Runs `work` on another thread while the tree stays untouched, then `then` with its outcome.
  using Lend = std::function<void(std::function<Status()> work, std::function<void(Status)> then)>;
  /// The tree is broken.
  using Fail = std::function<void(Error)>;

  /// `merge_interval`: see engine::time_to_look.
  ShardCare(engine::Storage& tree, ShardHost& host, std::chrono::milliseconds merge_interval, Lend lend,
            Fail fail);

  /// Requires: the tree is free. Plans what is due, and returns whether it lent the tree.
  bool step(const std::vector<Timestamp>& snapshots);
  void job_ran(std::shared_ptr<RunningJob> job);
  /// Instead of job_ran(), where the tree is broken and takes no job back.
  void forget(const std::shared_ptr<RunningJob>& job);
  /// The same of all that have come back and were not installed yet.
  void forget_returned();

  /// A range delete was applied or recovered, or a snapshot released: there may be tables in which nothing is left that
  /// anyone can ask for.
  void space_may_be_free();

  /// Tables were ingested: merges may be due.
  void tables_came();

  /// Answers when all that is applied now is in tables.
  void flush(Done<Nothing> done);
  /// Flushes, then merges every table that overlaps `range` and holds what was written before down to the last level, and says how far
  /// it is to `merge`. Waits while merging is paused; `cancelled` once `merge` is, or merging stops; `unavailable` while it is
  /// stopped.
  void compact(const KeyRange& range, RangeMergeHandle merge, Done<Nothing> done);
  /// Requires: the tree is free. Answers at once; stopped, when no merge is under way any more and nothing is left of those
  /// that were.
  void set_merging(engine::Merging merging, Done<Nothing> done);

  /// Plans no merge, and asks those under way to stop, whatever was said of merging.
  void stop_merging();
  void go_on_merging();
  /// Plans nothing, asks every job to stop, and answers every waiting and later call with `error`.
  void stop(const Error& error);

  /// Nothing planned is away.
  bool jobs_home() const { return running_.empty(); }
  /// Why no memtable can be sealed, and so nothing should be written; nothing: all is well.
  const std::optional<Error>& seal_failure() const { return seal_failure_; }
  /// Why the last seal or job failed; empty once one has succeeded since.
  std::string problem() const;

private:
  struct FlushCall {
    Done<Nothing> done;
    /// Memtables that the tree will have flushed then; nothing before the memtable was sealed for it.
    std::optional<uint64_t> target;
  };
  /// After a job that failed the next of its kind waits, ever longer while they fail.
  struct BackOff {
    std::chrono::steady_clock::time_point until{};
    std::chrono::milliseconds pause{0};
    /// Why the last one failed.
    std::string problem;
  };
  struct CompactCall {
    KeyRange range;
    /// What was written later may stay where it is, or there would be no end to it.
    Timestamp through;
    RangeMergeHandle merge;
    Done<Nothing> done;
    /// What `merge` was told.
    MergeProgress told = {};
  };

  void look_around();
  void look_for_space();
  bool seal_is_due() const;
  bool step_seal();
  void seal_failed(Error error);
  void plan(const std::vector<Timestamp>& snapshots);
  void plan_compactions(const std::vector<Timestamp>& snapshots);
  void plan_due(const std::vector<Timestamp>& snapshots);
  void tell_progress();
  static void end(CompactCall call, Result<Nothing> answer);
  void end_cancelled();
  void cancel(const std::shared_ptr<RunningJob>& job);
  void cancel_merges();
  bool run(std::optional<engine::Job> job, RangeMergeHandle merge = nullptr);
  void install(std::shared_ptr<RunningJob> job);
  void installed(engine::Job::Kind kind, const Status& outcome);
  BackOff& back_off_of(engine::Job::Kind kind) {
    return kind == engine::Job::Kind::flush ? flush_back_off_ : merge_back_off_;
  }
  bool step_clean();
  bool is_flushed(const FlushCall& call) const;
  void answer_flushes(const Status& cleaned);
  void refuse_flushes(const Error& error);
  void refuse_compactions(const Error& error);
  uint64_t running_count(engine::Job::Kind kind) const;

  engine::Storage& tree_;
  ShardHost& host_;
  const std::chrono::milliseconds merge_interval_;
  const Lend lend_;
  const Fail fail_;
  std::vector<std::shared_ptr<RunningJob>> running_;
  std::deque<std::shared_ptr<RunningJob>> returned_;
  std::vector<FlushCall> flushes_;
  std::deque<CompactCall> compactions_;
  // That merging is stopped.
  std::vector<Done<Nothing>> stops_;
  std::optional<Error> seal_failure_;
  std::chrono::steady_clock::time_point seal_again_at_{};
  // Each by itself: the disk of cold tables may be full, and the one that memtables are flushed to not.
  BackOff flush_back_off_;
  BackOff merge_back_off_;
  // Nothing was flushed for a while, or will be by then if nothing is.
  bool idle_ = false;
  std::optional<std::chrono::steady_clock::time_point> idle_at_;
  std::optional<std::chrono::steady_clock::time_point> around_at_;
  // Then it is looked for; nothing: nothing has changed since it was.
  std::optional<std::chrono::steady_clock::time_point> space_at_;
  bool seal_for_space_ = false;
  // Something has changed since the last plan.
  bool plan_due_ = true;
  bool merging_ = true;
  // When what was due was last looked for; and when it is again, if something has changed since.
  std::chrono::steady_clock::time_point looked_at_{};
  std::optional<std::chrono::steady_clock::time_point> look_at_;
  bool looking_ = false;
  std::optional<Error> stopped_;
};

}  // namespace coppice::actors
