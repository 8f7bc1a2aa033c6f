// One shard: the only writer of its tree, as a state machine without threads. shard_actor.hpp gives it
// a life.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "actors/hybrid_clock.hpp"
#include "actors/metrics.hpp"
#include "actors/shard_care.hpp"
#include "actors/shard_host.hpp"
#include "actors/shard_port.hpp"
#include "actors/spanning_group.hpp"
#include "actors/stalls.hpp"
#include "actors/store.hpp"
#include "engine/compact/write_pace.hpp"

namespace coppice::actors {

using OutsideTables = std::vector<engine::OutsideTable>;
using OutsideTablesPtr = std::shared_ptr<const OutsideTables>;

/// How a shard was asked to become two.
struct Cut {
  Bytes key;
  engine::SplitHalf left;
  engine::SplitHalf right;
};

/// Does one thing at a time: either its tree is free, or it is lent (to a sync, a seal, an install, a split)
/// and everything else waits for ran().
///
///     opened --adopt--> serving <--> held          the router keeps its turn, for a batch over several shards, or to ingest
///                         |
///                     cut |                        two trees lie beside its own; it takes no more writes
///                         v
///                        cut --close--> ended
///     any --failure--> failed --all it gave out is home--> ended
///
/// A turn, when the tree is free: calls that waited for that; installs, seals and plans; then one group of
/// writes:
///
///     queue -> log, one append -> one sync, apart -> memtable -> visible -> all answers
///
/// Writes with conditions are decided in their turn, against what is visible, before the group is logged. Where one would see what
/// another of the group writes, the group ends before it. Versions that are not in memory are read by lending the tree, once for
/// a group, so that a write with conditions waits for no more than one sync would take.
///
/// Every call with a `done` is answered once, whatever happens.
class Shard {
public:
  /// `unsettled`: batches over several shards that recovery found and some other participant may lack.
  Shard(ShardHost& host, HybridClock& clock, std::shared_ptr<ShardPort> port,
        std::unique_ptr<engine::Storage> tree, uint64_t unsettled,
        std::chrono::milliseconds merge_interval = {});
  ~Shard();

  /// Begins to serve. `snapshots` (ascending) are held already; `inherited` came before all in the queue.
  void adopt(std::vector<Timestamp> snapshots, WriteList inherited);
  /// One more way into the queue. False, and the request stays, if it is for the router to place: it has keys
  /// of other shards, or this one serves no more.
  bool write(std::unique_ptr<WriteRequest>& request);
  /// The queue has turned non-empty.
  void turn() { proceed(); }

  /// From the answer on, no write commits at `moment` or before, and readers at it are served until
  /// release(). The answer is the oldest moment that can be kept; if it is later than `moment` some of what that saw may be gone,
  /// and nothing is kept.
  void advance(Timestamp moment, Done<Timestamp> done);
  void release(Timestamp moment);

  /// Answers when the group under way has ended, and the log has room for `size` > 0 bytes; then keeps the turn until
  /// apply_spanning() or let_go(). out_of_space: nothing has changed, and it serves on.
  void hold(size_t size, Done<Nothing> done);
  /// Requires: held. Durable: this shard's writes of the group, and what the others need to have theirs.
  void log_spanning(std::shared_ptr<const SpanningGroup> group, Done<Nothing> done);
  /// Requires: every participant's log_spanning() succeeded. Readers see the writes.
  void apply_spanning(Done<Nothing> done);
  /// Ends a hold.
  void let_go();
  /// Makes `directory`, which is not there yet, a tree of what this shard has committed. Requires: held, and nothing was logged
  /// since; it stays held. Durable: on success.
  void checkpoint(const std::string& directory, Done<Nothing> done);

  // Ingesting (shard_ingest.cpp): tables that were built outside, all of them overlapping the shard's range.

  /// Answers when nothing that is applied now lies in memory where the tables do.
  void flush_below(const OutsideTablesPtr& tables, Done<Nothing> done);
  /// Answers when the group under way has ended, nothing lies in memory where the tables do, and they are ready to be taken
  /// in; then keeps the turn until let_go(). An error: nothing has changed, and it serves on.
  void hold(OutsideTablesPtr tables, Done<Nothing> done);
  /// Requires: held with tables. Durable: on success. Readers see them at `commit`.
  void ingest(Timestamp commit, Done<Nothing> done);

  /// One of the unsettled batches has arrived everywhere.
  void settle(Timestamp commit);

  void flush(Done<Nothing> done);
  void compact(const KeyRange& range, RangeMergeHandle merge, Done<Nothing> done);
  /// See ShardCare::set_merging. Before adopt() it is how the shard begins.
  void set_merging(engine::Merging merging, Done<Nothing> done);
  void stats(Done<ShardStats> done);

  /// Takes no more writes and makes two trees of its own; the answer is the writes that wait here, which come
  /// before those in the queue. Other calls, waiting and later, are answered `moved`: ask the halves. After an
  /// error it serves on, unless it failed.
  void cut(Cut plan, Done<std::shared_ptr<WriteList>> done);

  /// Commits `leftover` and what it holds, and ends. Durable: on success, every write.
  void close(WriteList leftover, Done<Nothing> done);
  /// Answers all it holds with `error`, and ends.
  void fail(const Error& error);

  // From the host.
  void ran(Status outcome);
  void job_ran(std::shared_ptr<RunningJob> job);
  void timer();

private:
  static constexpr uint32_t kRetryAfterMs = 100;

  enum class Mode : uint8_t { opened, serving, cut, closing, failed, ended };
  using WhenFree = std::function<void(const Status&)>;

  void proceed();
  bool step();
  bool step_hold();
  bool step_hold_tables();
  void refuse_hold(const Error& error);
  bool step_cut();
  bool step_close();

  bool begin_group();
  bool read_conditions();
  bool decide_group();
  bool commit_group();
  bool may_write();
  void pause_behind_group();
  void stall();
  void end_stall();
  Error no_writes(const Error& why) const;
  bool log_group();
  void sync(std::function<void()> then);
  void apply_group();
  void show_group();
  void answer(std::unique_ptr<WriteRequest> request, Result<Timestamp> result);
  void refuse_waiting(const Error& error);

  void lend(std::function<Status()> work, std::function<void(Status)> then);
  void wake_after(std::chrono::microseconds delay);
  bool serves() const { return mode_ == Mode::serving; }
  void end_failed();
  void answer_all(const Error& error);
  void refuse_when_free(const Error& error);
  Error not_serving() const;

  ShardHost& host_;
  HybridClock& clock_;
  const std::shared_ptr<ShardPort> port_;
  const std::unique_ptr<engine::Storage> tree_;
  ShardCare care_;
  ShardMetrics metrics_;
  Stalls stalls_;

  Mode mode_ = Mode::opened;
  // The tree is lent, and this comes when it is back.
  std::function<void(Status)> then_;
  bool timer_set_ = false;
  Error failure_{Errc::unavailable, "the shard has not begun to serve", 0};

  std::vector<Timestamp> snapshots_;
  // Calls that want the tree free; answered with the failure if it comes first.
  std::deque<WhenFree> when_free_;

  // Writes drained from the queue, the group of them under way, and what the tree is told of it.
  WriteList waiting_;
  std::vector<std::unique_ptr<WriteRequest>> group_;
  std::vector<engine::GroupWrite> group_writes_;
  engine::WritePace pace_;
  std::chrono::steady_clock::time_point next_group_at_{};
  std::optional<std::chrono::steady_clock::time_point> stalled_since_;
  std::chrono::steady_clock::time_point held_at_{};
  // The last group found no room in the log.
  bool log_full_ = false;

  Done<Nothing> hold_call_;
  size_t hold_size_ = 0;
  bool held_ = false;
  /// That a hold is for; and then, made ready.
  OutsideTablesPtr hold_tables_;
  bool flushing_below_ = false;
  std::unique_ptr<engine::Ingest> ingest_;
  std::shared_ptr<const SpanningGroup> spanning_;
  Done<Nothing> spanning_call_;
  uint64_t unsettled_;

  std::optional<Cut> cut_plan_;
  Done<std::shared_ptr<WriteList>> cut_call_;
  Done<Nothing> checkpoint_call_;
  Done<Nothing> close_call_;
};

}  // namespace coppice::actors
