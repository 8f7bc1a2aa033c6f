// A whole store in this process, for C++ programs that are not actors.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/conditions.hpp"
#include "actors/event_log.hpp"
#include "actors/range_merge.hpp"
#include "actors/stalls.hpp"
#include "engine/base/histogram.hpp"
#include "engine/compact/merge_control.hpp"
#include "engine/io/file.hpp"
#include "engine/log/batch.hpp"
#include "engine/options.hpp"
#include "engine/presets.hpp"
#include "engine/storage.hpp"
#include "schema/types.hpp"

namespace coppice::actors {

class Platform;

struct StoreOptions {
  std::string directory;
  /// Where shards are cut when the store is created, ascending; empty: one shard. A store that exists keeps
  /// its own.
  std::vector<Bytes> boundaries;
  engine::TreeOptions tree;
  /// On a slower and larger disk, for tables that TreeOptions::cold_after_ms says are cold, and their values; empty: none. It is this
  /// store's alone, and may be moved while the store is not open. Needed as long as anything lies there.
  std::string cold_directory;
  /// Bytes for memtables, cached blocks, and filters and index pages of open tables, of all shards together. Memtables take at
  /// most half, open tables at most half of the rest; whatever they leave is the cache's. Calls and merges need some more while
  /// they last. 1 MiB and more.
  size_t memory = 512 << 20;
  /// 1 and more; 0: one for each core.
  uint32_t scheduler_threads = 0;
  uint32_t compactor_threads = 1;
  /// How the store begins; Store::set_merging() changes it.
  engine::Merging merging = engine::Merging::on;
  /// Merges that are due are looked for at most this often, in every shard; 0: at once. When writes are slowed down, at once
  /// all the same.
  uint32_t merge_interval_ms = 0;
  uint32_t reader_threads = 2;
  /// Writes waiting in one shard's queue, operations and bytes; past either a write is refused as
  /// unavailable.
  uint32_t queue_operations_max = 1 << 20;
  uint64_t queue_size_max = 256 << 20;
  /// What files are encrypted with; see engine/secrecy/key_source.hpp for where keys come from. Empty: new ones are not.
  engine::KeyRing keys = {};
  /// Nothing: the real one. Lifetime: outlives the store.
  engine::FileSystem* files = nullptr;
  /// Nothing: the machine's. Lifetime: outlives the store, and every handle that it gave out.
  Platform* platform = nullptr;
  /// Told of every event, beside Store::events(), on the thread that it happens on: it must neither block, nor call the
  /// store, nor throw.
  EventLog::Also on_event = nullptr;
  /// What shards keep their keys in. Nothing: LSM trees in files. A store is opened with the one that it was created with.
  /// Lifetime: outlives the store.
  const engine::StorageEngine* storage = nullptr;
};

/// The options of a preset: change what is to be otherwise.
StoreOptions options_of(engine::Preset preset);

/// A moment on every shard, kept readable until the last copy of the handle is gone.
/// Lifetime: may outlive the store. Threads: any.
class Snapshot {
public:
  virtual ~Snapshot() = default;
  virtual Timestamp timestamp() const = 0;
};
using SnapshotHandle = std::shared_ptr<const Snapshot>;

struct ScanOptions {
  KeyRange range;
  bool reverse = false;
  /// 0: no limit.
  uint64_t limit = 0;
  bool keys_only = false;
  /// Of keys and values in a page; a page has at least one entry, however large.
  size_t page_size = 256 << 10;
  /// Nothing: a moment taken when the scan begins.
  SnapshotHandle snapshot;
};

/// Entries one behind the other in one piece of memory.
class Page {
public:
  void add(ByteView key, ByteView value);
  size_t count() const { return items_.size(); }
  ByteView key(size_t index) const;
  ByteView value(size_t index) const;
  size_t size() const { return bytes_.size(); }
  /// No entry comes after this page.
  bool last = false;

private:
  struct Place {
    size_t offset;
    uint32_t key_size;
    uint32_t value_size;
  };
  Bytes bytes_;
  std::vector<Place> items_;
};

/// A scan over one or many shards, in key order, of one moment. Dropping it ends it.
/// Threads: one call at a time.
class Scan {
public:
  virtual ~Scan() = default;
  /// Blocks: on the disk. After the last page: an empty last page.
  virtual Result<Page> next() = 0;
  /// The same on a thread of the reader pool, which calls `done`.
  virtual void next(std::function<void(Result<Page>)> done) = 0;
};

struct ShardStats {
  enum class State : uint8_t { serving, recovering, failed };
  uint64_t id = 0;
  KeyRange range;
  State state = State::serving;
  std::string problem;
  engine::TreeStats tree;
  uint64_t writes = 0;
  uint64_t groups = 0;
  uint64_t syncs = 0;
  /// Operations answered unavailable because flushing and merging fell behind.
  uint64_t refused = 0;
  /// By engine::StallReason: how often writes began to wait for it, and how long they did.
  StallCounts stalls{};
  uint32_t snapshots = 0;
  Timestamp visible;
  /// Since when nothing was merged away that could be read.
  Timestamp history_from;
  engine::Merging merging = engine::Merging::on;
};

/// How long calls took, in nanoseconds.
struct StoreLatencies {
  /// In the tree, without waiting for a thread; of one in 64 picked by chance.
  engine::Histogram get;
  engine::Histogram get_many;
  /// Of a scan; with the wait for the disk, without that for a thread.
  engine::Histogram page;
  /// From Store::write to its answer, of those that succeeded.
  engine::Histogram write;
  engine::Histogram sync;
  engine::Histogram flush;
  engine::Histogram merge;
};

struct StoreStats {
  std::vector<ShardStats> shards;
  /// Of all shards together.
  std::shared_ptr<const StoreLatencies> latencies;
  /// Of StoreOptions::memory, and how much of it is taken, for what.
  uint64_t memory = 0;
  uint64_t memtables_size = 0;
  uint64_t filters_size = 0;
  uint64_t index_size = 0;
  uint64_t cache_size = 0;
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  engine::Merging merging = engine::Merging::on;
  /// The earliest moment that snapshot_at takes; nothing if no history is kept.
  std::optional<Timestamp> history_from;
  /// Merges of ranges under way, oldest first.
  std::vector<RangeMergeHandle> merges;

  // Sums over the shards that serve.
  uint64_t sstable_count() const;
  /// Of the files of tables and of values, in bytes.
  uint64_t total_size() const;
  engine::ReadStats reads() const;
  uint64_t read_operations() const { return reads().read_operations(); }
};

/// What an ingest brought in.
struct Ingested {
  /// The moment of all of it.
  Timestamp commit;
  uint64_t files = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;
};
inline constexpr size_t kIngestFilesMax = 1024;

struct SplitShards {
  uint64_t left = 0;
  uint64_t right = 0;
};

template <class T>
using Done = std::function<void(Result<T>)>;
/// For calls that return nothing but success.
struct Nothing {};

/// Of the values that one get_many returns, with an overhead for each.
inline constexpr size_t kAnswerSizeMax = 64 << 20;
inline constexpr size_t kAnswerOverhead = 16;

/// Opens, serves and closes the shards of one directory.
///
/// Every call comes twice: one that waits for its answer, and one that calls `done` once, on a thread of the
/// store, where it must neither block nor throw. Futures: wrap a call with as_future().
///
/// Where memory ends so does the process, as by a crash: an exception in a thread of the store aborts it. A program that is to end in
/// a way of its own sets a std::new_handler.
///
/// Errors: invalid_argument (a limit of schema/types.hpp), unavailable (a queue is full, or a shard is
/// restarting: the text says which and why), corruption, io_error, out_of_space; in_use at open. Threads: any
/// number, until close() begins.
class Store {
public:
  /// Creates the store if the directory is missing or empty. in_use names the other process's id; invalid_argument, and no file
  /// but LOCK written: the store is encrypted with a key that was not given, which the text names, or needs a cold directory, or
  /// the one given is not its own; io_error: that is not there.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  /// A clean stop: refuses new work, waits for what is under way. Durable: on success, every write.
  Status close();
  /// Closes, if close() was not called.
  ~Store();

  Result<std::optional<Bytes>> get(ByteView key, const SnapshotHandle& snapshot = nullptr);
  /// Answers from memory on this thread, before it returns, or later from the reader pool.
  void get(ByteView key, const SnapshotHandle& snapshot, Done<std::optional<Bytes>> done);
  /// With the version, which conditions name.
  Result<engine::Versioned> get_versioned(ByteView key, const SnapshotHandle& snapshot = nullptr);
  void get_versioned(ByteView key, const SnapshotHandle& snapshot, Done<engine::Versioned> done);
  /// All of one moment, which several gets are not; in the order asked. invalid_argument past kAnswerSizeMax.
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const Bytes> keys,
                                                     const SnapshotHandle& snapshot = nullptr);
  void get_many(std::vector<Bytes> keys, const SnapshotHandle& snapshot,
                Done<std::vector<std::optional<Bytes>>> done);

  Result<Timestamp> put(ByteView key, ByteView value, Durability durability = Durability::synced);
  /// From `ttl_ms` milliseconds after the call on the key is as absent as after a remove. invalid_argument if that is 0.
  Result<Timestamp> put_for(ByteView key, ByteView value, uint64_t ttl_ms,
                            Durability durability = Durability::synced);
  /// The moment that lies `ttl_ms` ahead by the store's clock, in milliseconds since 1970: for Batch::put_until.
  uint64_t expiry_after(uint64_t ttl_ms) const;
  Result<Timestamp> remove(ByteView key, Durability durability = Durability::synced);
  Result<Timestamp> delete_range(const KeyRange& range, Durability durability = Durability::synced);
  /// All or nothing, on every shard it touches.
  Result<Timestamp> write(engine::Batch batch, Durability durability = Durability::synced);
  void write(engine::Batch batch, Durability durability, Done<Timestamp> done);

  /// Changes the value without reading it: see schema/operators.hpp.
  Result<Timestamp> merge(ByteView key, Operator op, ByteView operand,
                          Durability durability = Durability::synced);

  /// The batch, if all conditions hold when it is its turn: what they say of the keys and what is written are one step,
  /// between which nothing is written. invalid_argument also for an empty batch and more than kConditionsMax conditions;
  /// unsupported: keys of the batch and of the conditions belong to several shards.
  Result<WriteOutcome> write_if(std::vector<Condition> conditions, engine::Batch batch,
                                Durability durability = Durability::synced);
  void write_if(std::vector<Condition> conditions, engine::Batch batch, Durability durability,
                Done<WriteOutcome> done);
  Result<WriteOutcome> put_if_absent(ByteView key, ByteView value,
                                     Durability durability = Durability::synced);
  /// Compare and set: `version` is what get_versioned() gave.
  Result<WriteOutcome> put_if_version(ByteView key, Timestamp version, ByteView value,
                                      Durability durability = Durability::synced);

  Result<SnapshotHandle> snapshot();
  void snapshot(Done<SnapshotHandle> done);
  /// The store as it was at `moment`: one inside of TreeOptions::retention_ms, or that of a snapshot somebody holds. What is read
  /// is what was acknowledged by then, and had not expired. invalid_argument naming the oldest moment that can be read; or
  /// if it lies in the future.
  Result<SnapshotHandle> snapshot_at(Timestamp moment);
  void snapshot_at(Timestamp moment, Done<SnapshotHandle> done);
  Result<std::unique_ptr<Scan>> scan(ScanOptions options);
  void scan(ScanOptions options, Done<std::shared_ptr<Scan>> done);

  // Care. Each works on the shards that overlap `range`.
  /// Answers when all that was written before is in tables, and logs that are not needed any more are gone.
  Status flush(const KeyRange& range = {});
  void flush(const KeyRange& range, Done<Nothing> done);
  /// Merges every table down to the last level, and collects garbage in value files; how far it is, and its end before that, are
  /// the handle's. The answer is `cancelled` then, or when merging is stopped; what was merged stays. Waits while merging is
  /// paused.
  Status compact(const KeyRange& range = {});
  RangeMergeHandle compact(const KeyRange& range, Done<Nothing> done);
  /// not_found: no such merge is under way.
  void cancel_merge(uint64_t id, Done<Nothing> done);
  /// Of every shard, until the store is closed. Answers when it is so; `stopped`: when no merge is under way any more. While it
  /// is not `on` space that is overwritten or deleted is not given back, and writes are refused at a bound: see engine::Merging.
  Status set_merging(engine::Merging merging);
  void set_merging(engine::Merging merging, Done<Nothing> done);
  engine::Merging merging() const;
  Result<engine::VerifyReport> verify(const KeyRange& range = {});
  void verify(const KeyRange& range, Done<engine::VerifyReport> done);
  /// Takes in files that engine/ingest/sorted_file_writer.hpp wrote, as they are: linked where that can be, and not merged now. All
  /// they hold is there at one moment, later than all that was written before, and replaces what the store has of their keys. Reads
  /// go on; writes to the shards concerned wait for a moment.
  ///
  /// Of one shard all or nothing. Several shards take in their parts each by itself, and readers see them at once; but after a
  /// crash, or when a disk fails, some may have theirs and others not: the error says so, and ingesting the files again makes it whole.
  ///
  /// The files stay the caller's, who may remove them, but not write to them any more: the store reads the same bytes. Paths
  /// are absolute, 1 to kIngestFilesMax. Durable: on success, with all that was written before to these shards.
  /// invalid_argument: two files overlap, or one is no such file, or is plain where the store is encrypted; not_found; corruption: one
  /// is damaged. Then nothing has changed.
  Result<Ingested> ingest(std::vector<std::string> files);
  void ingest(std::vector<std::string> files, Done<Ingested> done);
  /// Cuts the shard that holds `key` in two; reads go on, and no write is lost.
  Result<SplitShards> split(ByteView key);
  void split(ByteView key, Done<SplitShards> done);
  /// Makes `directory`, which is not there yet, a store that holds what this one holds at one moment, and opens by itself. On
  /// the same file system it takes no room at first: tables and values are shared, by links. All is flushed first, while
  /// everything goes on; then writes wait for as long as links take, or, on another file system, copies.
  /// in_use: the directory is there. After a failure nothing of it is left; what a crash left is no store, and is removed by the
  /// next try, or, at checkpoint_path(), by the next start. Durable: on success. The moment is the answer.
  Result<Timestamp> checkpoint(const std::string& directory);
  void checkpoint(const std::string& directory, Done<Timestamp> done);
  /// Where checkpoints by name lie: "checkpoints/`name`" in the store's own directory. invalid_argument unless the name is
  /// letters, digits, '-', '_' and '.', and does not begin with a '.'.
  Result<std::string> checkpoint_path(const std::string& name) const;
  Result<StoreStats> stats();
  void stats(Done<StoreStats> done);
  /// What has happened lately: those from sequence number `since` on. Waits for nothing.
  EventPage events(uint64_t since = 0, size_t limit = 0) const;

private:
  struct State;
  friend struct StoreActors;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The answer of a call with `done` as a future:
///   auto answer = as_future<Timestamp>([&](auto done) { store.write(batch, Durability::synced, done); });
template <class T, class Call>
std::future<Result<T>> as_future(Call&& call) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  std::forward<Call>(call)([promise](Result<T> answer) { promise->set_value(std::move(answer)); });
  return future;
}

}  // namespace coppice::actors
