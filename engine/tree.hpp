// One LSM tree in one directory: the façade of the engine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/compact/backlog.hpp"
#include "engine/compact/job.hpp"
#include "engine/compact/merge_control.hpp"
#include "engine/compact/merge_need.hpp"
#include "engine/log/batch.hpp"
#include "engine/log/log_writer.hpp"
#include "engine/log/spanning.hpp"
#include "engine/tree_reader.hpp"
#include "engine/tree_shape.hpp"
#include "engine/watch/read_counters.hpp"

namespace coppice::engine {

struct ReadState;
struct TreeState;

struct LevelStats {
  uint32_t tables = 0;
  /// Of the tables, in bytes.
  uint64_t size = 0;
  /// Of the values that they refer to, in value files.
  uint64_t values_size = 0;
  uint64_t entries = 0;
  // Since the tree was opened:
  /// What merges wrote into it, and what they read for that, of this level and the one above.
  uint64_t bytes_merged = 0;
  uint64_t bytes_read = 0;
  /// What came to it from above: flushed into level 0, merged or moved into the others.
  uint64_t bytes_arrived = 0;
  /// 1 and more: it should be merged downward. Of the last level 0.
  double score = 0;

  /// Bytes that merges wrote into it for each that came; 0 before any did, and where all were only moved.
  double write_amplification() const;
};

struct TreeStats {
  uint64_t memtable_size = 0;  // active and sealed
  uint32_t sealed_memtables = 0;
  uint64_t log_size = 0;
  std::vector<LevelStats> levels;
  uint32_t value_files = 0;
  /// Bytes, and how many of them no table refers to.
  uint64_t value_files_size = 0;
  uint64_t value_garbage_size = 0;
  uint64_t flushes = 0;
  uint64_t merges = 0;
  /// Of which range deletes or time had left nothing to see; they went unread.
  uint64_t tables_dropped = 0;
  uint64_t bytes_flushed = 0;
  /// Records of writes, with their frames.
  uint64_t bytes_logged = 0;
  /// Of flushes and merges: versions they read, and kept. What is missing was overwritten, deleted, or a delete with nothing
  /// left to hide.
  uint64_t entries_read = 0;
  uint64_t entries_written = 0;
  /// The tables that a read may meet in level 0.
  uint32_t level0_depth = 0;
  /// Bytes that merges will write until every level has its size, about.
  uint64_t pending_merge_size = 0;
  double debt = 0;
  ReadStats reads;
  /// How many files each key encrypts, by its id; 0: none does. Of tables, value files, logs and the manifest.
  std::map<uint64_t, uint64_t> files_by_key;

  /// Bytes written to files for each that was flushed, the log included; 0 before the first flush.
  double write_amplification() const;
  /// Bytes in tables and value files for each that the last level keeps: what overwriting may cost in space, at most. 0 if
  /// nothing is there.
  double space_amplification() const;
  /// Tables in all levels, and the bytes of their files and of value files.
  uint64_t sstable_count() const;
  uint64_t total_size() const;
};

/// A batch and the moment it commits at.
struct GroupWrite {
  const Batch* batch = nullptr;
  Timestamp commit;
  /// Not empty: `batch` is this tree's part of a batch over several shards, and here are all parts, its own
  /// included. Every participant logs them all, so that recovery can give each its own.
  std::span<const SpanningPart> spanning = {};
};

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
/// After an error of log_group, install_sync, seal_memtable or install broken() tells whether nothing is known about the
/// disk: then every later write is refused, and only opening the directory again says what is kept.
class Tree {
public:
  /// Makes `directory` an empty tree that owns `range`. Durable: on success.
  static Status create(const TreeEnv& env, const std::string& directory, const KeyRange& range);

  /// Recovers. Reads first, and writes only once all is decided: an error leaves every file as it was.
  /// corruption names the file and offset; not_found: no tree is there; unsupported: a newer format.
  /// Requires: no job of an earlier Tree of this directory is still running, as both would write files of the same
  /// number.
  static Result<std::unique_ptr<Tree>> open(const TreeEnv& env, const std::string& directory,
                                            const TreeShape& options);

  /// invalid_argument, naming the key that is lacking, unless a tree there can be read with the keys of `env`. Whatever else
  /// is wrong with it open() tells. Writes nothing.
  static Status check_keys(const TreeEnv& env, const std::string& directory);

  /// A clean stop: the log is ended, so that the next opening has nothing to judge. Readers that hold views go on.
  /// Durable: on success, every write.
  Status close();
  ~Tree();

  const KeyRange& range() const;
  /// The half for readers, for any thread; it may outlive the tree, and then answers unavailable.
  std::shared_ptr<TreeReader> reader() const;
  /// What the reader reads from, for whoever takes its steps one by one.
  std::shared_ptr<const ReadState> read_state() const;
  /// Of the last write applied or recovered.
  Timestamp last_commit() const;
  bool broken() const;

  // Writing. Requires, of every group: commits rise, and lie after last_commit().

  /// log_group, sync if asked, and apply_group at once, on this thread.
  Status write(const Batch& batch, Timestamp commit, Durability durability);

  /// Puts the group into the log. Durable: `buffered`.
  /// unavailable, with a time to wait and nothing logged, while too much waits to be flushed or merged. out_of_space
  /// leaves the tree as it was, unless it is broken().
  Status log_group(std::span<const GroupWrite> group);
  /// The records of the next group find room if they take at most `size` > 0 bytes. out_of_space leaves the tree as it was.
  Status make_room(size_t size);
  /// Requires: none is under way. The value's run() makes durable all that was logged before.
  LogSync plan_sync();
  /// The value's run(), timed. Threads: any one, as long as the tree is there.
  Status run_sync(LogSync sync) const;
  Status install_sync(const Status& outcome);
  /// Requires: the same group was logged, and synced where that was asked. Readers see it, whole.
  void apply_group(std::span<const GroupWrite> group);
  /// Readers at `moment` or before will never see more than now. Requires: later writes commit after it.
  void advance(Timestamp moment);

  // Batches over several shards. The log that holds one stays, also through flushes and openings, until the
  // batch is settled: every participant has it in its own log, or in its tables.

  /// What the logs hold that was not settled in this tree's life, oldest first. Its own part is applied.
  std::vector<RecoveredSpanning> spanning() const;
  /// Requires: a batch over several shards was logged, or recovered, at `commit`.
  void settle(Timestamp commit);

  // Work in the background. `snapshots` (ascending) are moments that readers still hold: versions they see
  // stay.

  bool memtable_full() const;
  /// Range deletes of the active memtable cover whole tables, which can be dropped once they are in a table themselves.
  bool deletes_tables() const;
  /// Merges may be due although nothing was written: much has expired, or gone out of the history that is kept. To be asked
  /// every few seconds.
  bool frees_with_time() const;
  /// From this moment on all can be read, by ReadOptions::at; before it only what `snapshots` have held ever since. Of what was
  /// planned already as of what was installed, and kept through openings. With TreeOptions::retention_ms it stays
  /// that far behind the time.
  Timestamp history_from() const;
  /// Begins a new memtable and log; does nothing if the active memtable is empty. When no new log can be begun,
  /// on a full disk for instance, the tree stays as it was. Blocks: on the disk, shortly, if more memtables were sealed
  /// than flushes have prepared logs for: two.
  Status seal_memtable();
  /// Writes the oldest sealed memtable to a table. Nothing to do, or one is under way: nothing.
  std::optional<Job> plan_flush(std::span<const Timestamp> snapshots);
  /// The most pressing merge that does not touch tables already being merged, or nothing; tables that range deletes
  /// have left nothing of go first, unread. Planned again, it gives
  /// more that may run at the same time.
  std::optional<Job> plan_merge(std::span<const Timestamp> snapshots, MergeNeed need = MergeNeed::due);
  /// The next step towards every table that overlaps `range`, and has entries of `through` or before, lying in the last level; and
  /// then, unless merging is on, towards less garbage in value files than its limit, as far as those tables refer to them. Nothing:
  /// done, or those left are under way. With a `through` that stands still there is an end to it, however much is written meanwhile.
  std::optional<Job> plan_merge_range(const KeyRange& range, std::span<const Timestamp> snapshots,
                                      Timestamp through = kTimestampMax);
  /// What plan_merge_range() has still to read of `range`, about.
  RangeBacklog range_backlog(const KeyRange& range, Timestamp through = kTimestampMax) const;
  /// Whether plan_merge() will be asked for what is due: on, when a tree is opened. Otherwise nothing is merged on its way out of
  /// memory either, and writes are not slowed down for merges that do not come, but refused at last: see engine::merge_debt() and
  /// garbage_debt(). Plans are made as they are asked for all the same.
  void set_merging(Merging merging);
  Merging merging() const;
  /// Takes a job back, run or not. Its failure is returned: out_of_space and cancelled leave the tree as it
  /// was, to be planned again.
  Status install(Job job);
  /// Nothing sealed, nothing in the active memtable.
  bool memtables_empty() const;

  /// Makes two trees of this one's tables, by links: `left` owns the keys before `key`, `right` the others.
  /// Requires: memtables_empty(), no job under way, `key` inside range(). Durable: on success.
  Status split(ByteView key, const std::string& left, const std::string& right);

  /// Makes `target`, which is not there yet, a tree that holds what this one holds now: its tables and value files by links (by
  /// copies on another file system), its logs by copies of what is in no table, so flush first to make it cheap. What is written
  /// anew is encrypted as new files of this tree are. Jobs may be under way. After a failure, or a crash, it does not
  /// open, and is the caller's to remove; this tree is as it was. Requires: what was logged was applied.
  /// Durable: on success. Blocks: on the disk.
  Status checkpoint(const std::string& target);

  /// Removes logs that are not needed any more at once; a job, an idle tree's next plan or close() would do it later.
  /// Durable: on success, that no opening asks for them. Blocks: on the disk.
  Status clean_logs();

  /// Closes tables that no read came to since the last call, if the block cache lacks room for what others would keep in
  /// memory: see cold_tables.hpp. To be called every few seconds.
  void let_go_cold();

  /// How far flushing and merging are behind: 0: not at all; 1: writes are refused.
  double debt() const;
  /// What of it only merging takes away.
  double merge_debt() const;
  /// Why writes are slowed or refused, and what to do; empty: they are not.
  std::string backlog_text() const;
  /// Bytes a second that may be written now; infinite without debt. Whoever owns the tree and has a clock keeps to
  /// it (see WritePace), and so never comes to debt 1.
  double write_rate() const;
  /// What debt() comes from.
  StallReason stall_reason() const;
  TreeStats stats() const;
  /// The one it was opened with.
  const Watch& watch() const;

private:
  explicit Tree(std::unique_ptr<TreeState> state);
  static std::optional<Job> wrap(std::unique_ptr<JobState> job);

  std::unique_ptr<TreeState> state_;
};

}  // namespace coppice::engine
