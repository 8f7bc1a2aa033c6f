// What a shard keeps its keys in. A Tree is one; a program can bring another.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/compact/backlog.hpp"
#include "engine/compact/job.hpp"
#include "engine/compact/merge_control.hpp"
#include "engine/compact/merge_need.hpp"
#include "engine/ingest/ingest.hpp"
#include "engine/ingest/outside_table.hpp"
#include "engine/log/batch.hpp"
#include "engine/log/log_writer.hpp"
#include "engine/log/spanning.hpp"
#include "engine/tree_reader.hpp"
#include "engine/tree_shape.hpp"
#include "engine/tree_stats.hpp"

namespace coppice::engine {

/// A batch and the moment it commits at.
struct GroupWrite {
  const Batch* batch = nullptr;
  Timestamp commit;
  /// Not empty: `batch` is this tree's part of a batch over several shards, and here are all parts, its own
  /// included. Every participant logs them all, so that recovery can give each its own.
  std::span<const SpanningPart> spanning = {};
};

/// Where one half of a split goes.
struct SplitHalf {
  std::string directory;
  /// Requires: not empty, if the tree has one.
  std::string cold_directory = {};
};

/// One tree: the keys of a range, with all of their versions that somebody may still ask for.
///
/// Owned by one actor, or by any one thread at a time. All but reader() is for the owner only; the reader and
/// the values LogSync and Job may be used on other threads meanwhile.
///
/// A write takes three steps, so that the owner never waits for the disk:
///
///     log_group ---> plan_sync -> run anywhere -> install_sync ---> apply_group
///     bytes in the log            (only if durable)                 readers see them
///
/// Work in the background takes three as well: plan on the owner, run anywhere, install on the owner.
///
/// After an error of log_group, install_sync, seal_memtable, install or install_ingest broken() tells whether nothing is known about the
/// disk: then every later write is refused, and only opening the directory again says what is kept.
///
/// What has an answer here is for those that need no other: an engine with no work in the background, and none
/// that waits for a disk, says no more than what is pure.
class Storage {
public:
  virtual ~Storage() = default;

  /// A clean stop, so that the next opening has nothing to judge. Readers that hold views go on.
  /// Durable: on success, every write.
  virtual Status close() = 0;

  virtual const KeyRange& range() const = 0;
  /// The half for readers, for any thread; it may outlive the tree, and then answers unavailable.
  virtual std::shared_ptr<TreeReader> reader() const = 0;
  /// Of the last write applied or recovered.
  virtual Timestamp last_commit() const = 0;
  virtual bool broken() const { return false; }

  // Writing. Requires, of every group: commits rise, and lie after last_commit().

  /// log_group, sync if asked, and apply_group at once, on this thread.
  Status write(const Batch& batch, Timestamp commit, Durability durability);

  /// Puts the group into the log. Durable: `buffered`.
  /// unavailable, with a time to wait and nothing logged, while too much waits to be flushed or merged. out_of_space
  /// leaves the tree as it was, unless it is broken().
  virtual Status log_group(std::span<const GroupWrite> group) = 0;
  /// The records of the next group find room if they take at most `size` > 0 bytes. out_of_space leaves the tree as it was.
  virtual Status make_room(size_t /*size*/) { return success(); }
  /// Requires: none is under way. The value's run() makes durable all that was logged before.
  virtual LogSync plan_sync() { return {}; }
  /// The value's run(), timed. Threads: any one, as long as the tree is there.
  virtual Status run_sync(LogSync sync) const { return sync.run(); }
  virtual Status install_sync(const Status& outcome) { return outcome; }
  /// Requires: the same group was logged, and synced where that was asked. Readers see it, whole.
  virtual void apply_group(std::span<const GroupWrite> group) = 0;
  /// Readers at `moment` or before will never see more than now. Requires: later writes commit after it.
  virtual void advance(Timestamp moment) = 0;

  // Batches over several shards. The log that holds one stays, also through flushes and openings, until the
  // batch is settled: every participant has it in its own log, or in its tables.

  /// What the logs hold that was not settled in this tree's life, oldest first. Its own part is applied.
  virtual std::vector<RecoveredSpanning> spanning() const = 0;
  /// Requires: a batch over several shards was logged, or recovered, at `commit`.
  virtual void settle(Timestamp commit) = 0;

  // Work in the background. `snapshots` (ascending) are moments that readers still hold: versions they see
  // stay.

  virtual bool memtable_full() const { return false; }
  /// Range deletes of the active memtable cover whole tables, which can be dropped once they are in a table themselves.
  virtual bool deletes_tables() const { return false; }
  /// Merges may be due although nothing was written: much has expired, or gone out of the history that is kept, or a table is
  /// old enough for the cold directory. To be asked every few seconds.
  virtual bool frees_with_time() const { return false; }
  /// From this moment on all can be read, by ReadOptions::at; before it only what `snapshots` have held ever since. Of what was
  /// planned already as of what was installed, and kept through openings. With TreeOptions::retention_ms it stays
  /// that far behind the time.
  virtual Timestamp history_from() const = 0;
  /// Begins a new memtable and log; does nothing if the active memtable is empty. When no new log can be begun,
  /// on a full disk for instance, the tree stays as it was. Blocks: on the disk, shortly, if more memtables were sealed
  /// than flushes have prepared logs for: two.
  virtual Status seal_memtable() { return success(); }
  /// Takes the oldest sealed memtable to where it stays. Nothing to do, or one is under way: nothing.
  virtual std::optional<Job> plan_flush(std::span<const Timestamp> /*snapshots*/) { return std::nullopt; }
  /// The most pressing merge that does not touch tables already being merged, or nothing; tables that range deletes
  /// have left nothing of go first, unread. Planned again, it gives
  /// more that may run at the same time.
  virtual std::optional<Job> plan_merge(std::span<const Timestamp> /*snapshots*/, MergeNeed /*need*/) {
    return std::nullopt;
  }
  std::optional<Job> plan_merge(std::span<const Timestamp> snapshots) {
    return plan_merge(snapshots, MergeNeed::due);
  }
  /// The next step towards every table that overlaps `range`, and has entries of `through` or before, lying in the last level; and
  /// then, unless merging is on, towards less garbage in value files than its limit, as far as those tables refer to them. Nothing:
  /// done, or those left are under way. With a `through` that stands still there is an end to it, however much is written meanwhile.
  virtual std::optional<Job> plan_merge_range(const KeyRange& /*range*/,
                                              std::span<const Timestamp> /*snapshots*/,
                                              Timestamp /*through*/) {
    return std::nullopt;
  }
  std::optional<Job> plan_merge_range(const KeyRange& range, std::span<const Timestamp> snapshots) {
    return plan_merge_range(range, snapshots, kTimestampMax);
  }
  /// What plan_merge_range() has still to read of `range`, about.
  virtual RangeBacklog range_backlog(const KeyRange& /*range*/, Timestamp /*through*/) const { return {}; }
  RangeBacklog range_backlog(const KeyRange& range) const { return range_backlog(range, kTimestampMax); }
  /// Whether plan_merge() will be asked for what is due: on, when a tree is opened. Otherwise nothing is merged on its way out of
  /// memory either, and writes are not slowed down for merges that do not come, but refused at last: see engine::merge_debt() and
  /// garbage_debt(). Plans are made as they are asked for all the same.
  virtual void set_merging(Merging merging) = 0;
  virtual Merging merging() const = 0;
  /// Takes a job back, run or not. Its failure is returned: out_of_space and cancelled leave the tree as it
  /// was, to be planned again. Requires: this planned it.
  virtual Status install(Job job) = 0;
  /// Nothing sealed, nothing in the active memtable.
  virtual bool memtables_empty() const { return true; }

  // Tables that were built outside: see ingest/README.md. What they hold comes in at one moment, later than all that was
  // committed before.
  //
  //     must_flush() of none ---> prepare_ingest ---> install_ingest
  //                               all that may fail   readers see them, whole

  /// What lies in memory of `range` would hide what is ingested there: it has to be flushed before.
  virtual bool must_flush(const KeyRange& /*range*/) const { return false; }
  /// Makes the tables ready. An error leaves the tree as it was. Requires: each was verified, and overlaps range(); no two
  /// overlap. Blocks: on the disk, shortly, or for as long as copying or reading them takes.
  virtual Result<std::unique_ptr<Ingest>> prepare_ingest(std::span<const OutsideTable> tables) = 0;
  /// Requires: this prepared it; `commit` is later than last_commit(), all that was logged, and what readers see; nothing is
  /// being synced, and nothing of what the tables overlap must be flushed. Durable: on success, with all that was written
  /// before. Blocks: on the disk, shortly.
  virtual Status install_ingest(std::unique_ptr<Ingest> ingest, Timestamp commit) = 0;

  /// Makes two trees of this one, which share what it has: `left` owns the keys before `key`, `right` the others.
  /// Requires: memtables_empty(), no job under way, `key` inside range(). Durable: on success.
  virtual Status split(ByteView key, const SplitHalf& left, const SplitHalf& right) = 0;

  /// Makes `target`, which is not there yet, a tree that holds what this one holds now, sharing what it can; flush first to make
  /// it cheap. It has no cold directory: what lies in this one's is copied, if that is on another file system. What is written anew is encrypted as new files of this tree are. Jobs may be under way. After a failure, or a
  /// crash, it does not open, and is the caller's to remove; this tree is as it was. Requires: what was logged was applied.
  /// Durable: on success. Blocks: on the disk.
  virtual Status checkpoint(const std::string& target) = 0;

  /// Removes logs that are not needed any more at once; a job, an idle tree's next plan or close() would do it later.
  /// Durable: on success, that no opening asks for them. Blocks: on the disk.
  virtual Status clean_logs() { return success(); }

  /// Closes tables that no read came to since the last call, if the block cache lacks room for what others would keep in
  /// memory: see unread_tables.hpp. To be called every few seconds.
  virtual void let_go_unread() {}

  /// How far flushing and merging are behind: 0: not at all; 1: writes are refused.
  virtual double debt() const { return 0; }
  /// What of it only merging takes away.
  virtual double merge_debt() const { return 0; }
  /// Why writes are slowed or refused, and what to do; empty: they are not.
  virtual std::string backlog_text() const { return {}; }
  /// Bytes a second that may be written now; infinite without debt. Whoever owns the tree and has a clock keeps to
  /// it (see WritePace), and so never comes to debt 1.
  virtual double write_rate() const { return std::numeric_limits<double>::infinity(); }
  /// What debt() comes from.
  virtual StallReason stall_reason() const { return StallReason::none; }
  virtual TreeStats stats() const = 0;
  /// The one it was opened with.
  virtual const Watch& watch() const = 0;
};

/// Makes trees, opens them, and takes them away. Threads: any number, each with directories of its own.
class StorageEngine {
public:
  virtual ~StorageEngine() = default;

  /// Makes `directory` an empty tree that owns `range`. Durable: on success. in_use: a tree is there.
  virtual Status create(const TreeEnv& env, const std::string& directory, const KeyRange& range) const = 0;

  /// Recovers. Reads first, and writes only once all is decided: an error leaves everything as it was.
  /// corruption names the file and offset; not_found: no tree is there; unsupported: a newer format. It has files in a cold
  /// directory: invalid_argument if `env` has none, io_error if that is not there.
  /// Requires: no job of an earlier opening of this directory is still running.
  virtual Result<std::unique_ptr<Storage>> open(const TreeEnv& env, const std::string& directory,
                                                const TreeShape& options) const = 0;

  /// invalid_argument, naming the key that is lacking, unless a tree there can be read with the keys of `env`. Whatever else
  /// is wrong with it open() tells. Changes nothing.
  virtual Status check_keys(const TreeEnv& env, const std::string& directory) const = 0;

  /// What a tree there has in its cold directory, which need not be there. Errors as open(). Changes nothing.
  virtual Result<ColdFiles> cold_files(const TreeEnv& /*env*/, const std::string& /*directory*/) const {
    return ColdFiles{};
  }

  /// The tree, or what is left of one, and all of its directories. Requires: it is not open. Not durable before the parent
  /// directories are synced.
  virtual Status remove(const TreeEnv& env, const std::string& directory) const = 0;
};

}  // namespace coppice::engine
