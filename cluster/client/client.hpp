// One connection to a Coppice node, for C++ programs. Links the schema layer alone and shows no KJ type.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/client/batch.hpp"
#include "cluster/client/stats.hpp"
#include "schema/types.hpp"

namespace coppice::client {

struct ClientOptions {
  uint32_t connect_timeout_ms = 5000;
  /// How long a read or a write may take; 0: for ever. Scans, flush, compact, verify, checkpoint and ingest take as long as they
  /// take; a dead host is noticed by TCP within half a minute.
  uint32_t call_timeout_ms = 60000;
  /// Calls begun by *_async and not yet answered, and the bytes of their requests: past either, the next one
  /// waits for answers first. A node refuses more than 1024.
  uint32_t window_calls = 256;
  uint64_t window_size = 16 << 20;
};

/// The store as it was at one moment, on every shard. The last copy of the handle releases it.
class Snapshot {
public:
  virtual ~Snapshot() = default;
  virtual Timestamp timestamp() const = 0;
};
/// Lifetime: at most the client's. Threads: the client's.
using SnapshotHandle = std::shared_ptr<const Snapshot>;

/// Lifetime: of the page it came with.
struct EntryView {
  ByteView key;
  ByteView value;
};

struct ScanOptions {
  KeyRange range;
  bool reverse = false;
  /// 0: no limit.
  uint64_t limit = 0;
  bool keys_only = false;
  /// Nothing: a moment taken when the scan begins.
  SnapshotHandle snapshot;
};

/// A value, and which one it is of those that its key had.
struct Versioned {
  /// Nothing: the key is absent.
  std::optional<Bytes> value;
  /// The timestamp of the latest write of the key; kTimestampMin: it is absent.
  Timestamp version;
};

/// `key` is still of this version; kTimestampMin: it is absent.
struct Condition {
  Bytes key;
  Timestamp version = kTimestampMin;
};

/// What became of a write with conditions.
struct WriteOutcome {
  /// Nothing: nothing was written, as a condition does not hold.
  std::optional<Timestamp> commit;
  /// The first such condition, by its index, and the version that its key has.
  size_t failed = 0;
  Timestamp version;
};

/// Takes a page of a scan, in its order; false ends the scan. It may wait (for a pipe, a disk): the node then
/// sends no more than a few pages ahead. It must not call the client.
using TakePage = std::function<bool(std::span<const EntryView>)>;

/// Is told how far a merge is, every 200 ms about; false ends it. It must not call the client.
using WatchMerge = std::function<bool(const RangeMerge&)>;

/// Called once with the answer, while the client waits in another call of the same thread, or with
/// `cancelled` when the client ends first. It must not call the client.
template <class T>
using Done = std::function<void(Result<T>)>;

/// Calls wait for their answers, those with `done` excepted.
///
/// Errors: what the node answered, its code as the node gave it; unavailable if no connection comes about, or
/// no answer within the time limit; io_error if the connection broke: the text names the address and what to
/// do, and every further call fails with the same. A write that ended so, or without an answer in time, may
/// or may not be kept; writing it again is harmless, merges excepted.
///
/// Threads: the one that connected. Several clients of one thread share its event loop, and each makes
/// progress while any of them waits. The thread must have no KJ event loop of its own.
class Client {
public:
  /// `address` is "host:port", "host" (port 4640), or "[::1]:4640".
  /// Blocks: until the node has answered once, so that a stranger behind the port is noticed here.
  static Result<std::unique_ptr<Client>> connect(const std::string& address,
                                                 const ClientOptions& options = {});
  ~Client();

  Result<std::optional<Bytes>> get(ByteView key, const SnapshotHandle& snapshot = nullptr);
  /// With the version, which conditions name.
  Result<Versioned> get_versioned(ByteView key, const SnapshotHandle& snapshot = nullptr);
  /// All of one moment, in the order asked. At most 64 MiB of answer.
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const Bytes> keys,
                                                     const SnapshotHandle& snapshot = nullptr);
  /// How many entries were taken.
  Result<uint64_t> scan(const ScanOptions& options, const TakePage& take);

  Result<Timestamp> put(ByteView key, ByteView value, Durability durability = Durability::synced);
  /// `ttl_ms` after the node took it the key is as absent as after a remove. 0 is invalid_argument.
  Result<Timestamp> put_for(ByteView key, ByteView value, uint64_t ttl_ms,
                            Durability durability = Durability::synced);
  Result<Timestamp> remove(ByteView key, Durability durability = Durability::synced);
  Result<Timestamp> delete_range(const KeyRange& range, Durability durability = Durability::synced);
  /// All or nothing.
  Result<Timestamp> write(const Batch& batch, Durability durability = Durability::synced);
  /// Changes the value without reading it: see schema/operators.hpp. Of a merge without an answer nobody knows whether it was
  /// done, and doing it again is not harmless.
  Result<Timestamp> merge(ByteView key, Operator op, ByteView operand,
                          Durability durability = Durability::synced);
  /// The batch, which is not empty, if all conditions hold; both are one step. At most 1024 conditions. unsupported: the keys
  /// belong to several shards.
  Result<WriteOutcome> write_if(std::span<const Condition> conditions, const Batch& batch,
                                Durability durability = Durability::synced);

  Result<SnapshotHandle> snapshot();
  /// The store as it was then, inside of the node's retention time. invalid_argument names the oldest moment that can be read.
  Result<SnapshotHandle> snapshot_at(Timestamp moment);

  /// Begins a call and returns; with the window full, when there is room in it again. Calls are sent some at a
  /// time, the last ones by wait(). Answers come in any order. On failure nothing was begun and `done` is not
  /// called.
  Status write_async(const Batch& batch, Durability durability, Done<Timestamp> done);
  Status get_async(ByteView key, const SnapshotHandle& snapshot, Done<std::optional<Bytes>> done);
  /// Waits until every call begun has been answered; the error of a broken connection, if it broke.
  Status wait();
  /// False once a call has found the connection broken.
  bool connected() const;
  /// Calls begun and not answered.
  size_t calls_under_way() const;

  // Care of the store. Each works on the shards that overlap `range`.
  Result<Stats> stats();
  /// From sequence number `since` on, `limit` at most; 0 and 0: all that the node keeps.
  Result<Events> events(uint64_t since = 0, uint32_t limit = 0);
  /// All that was written before is in tables then, and logs that are not needed any more are gone.
  Status flush(const KeyRange& range = {});
  /// Merges every table down to the last level. cancelled, by `watch` or by another client: what was merged stays so. A
  /// client that ends, or loses its connection, ends the merge.
  Status compact(const KeyRange& range = {}, const WatchMerge& watch = {});
  /// Of the whole store, until the node ends. `stopped`: returns when no merge is under way any more.
  Status set_merging(Merging merging);
  /// not_found: no such merge of a range is under way.
  Status cancel_merge(uint64_t id);
  Result<VerifyReport> verify(const KeyRange& range = {});
  /// `key` becomes the first of the right one of two shards.
  Result<SplitShards> split(ByteView key);
  /// A second store of one moment, in the node's own directory of checkpoints: by links, so it takes no room at first.
  /// invalid_argument: the name is no plain one; in_use: there is one of that name.
  Result<Checkpoint> checkpoint(const std::string& name);
  /// Takes in files that `coppice build` or SortedFileWriter wrote: paths on the node's machine, that begin with /.
  Result<Ingested> ingest(std::span<const std::string> files);

private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace coppice::client
