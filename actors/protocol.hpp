// Every actor of a store and every message between them. Each line says what the message promises.
//
//     program -> router -> shard -> log_sync, flusher, compactor
//                  ^  \      |
//                  |   v     v
//                supervisor <- (a shard that ended)
//
// Requests are always answered, also by an actor that is about to end. Types here never leave the process.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "actors/shard.hpp"
#include "actors/staged_files.hpp"
#include "actors/store.hpp"

namespace coppice::actors {

/// Work for a thread that may wait for the disk. `refuse` is called instead of `run` if the pool is full.
struct Task {
  std::function<void()> run;
  std::function<void(Error)> refuse;
};

using WriteListPtr = std::shared_ptr<WriteList>;
using SpanningGroupPtr = std::shared_ptr<const SpanningGroup>;
class Door;
using DoorPtr = std::shared_ptr<Door>;
using RunningJobPtr = std::shared_ptr<RunningJob>;
using WriteRequestPtr = std::shared_ptr<std::unique_ptr<WriteRequest>>;

using Values = std::vector<std::optional<Bytes>>;

/// Where the two halves of a split go.
struct SplitPlace {
  SplitShards shards;
  engine::SplitHalf left;
  engine::SplitHalf right;
};

/// A call on the shards that overlap a range.
struct CareCall {
  enum class Kind : uint8_t { flush, compact };
  Kind kind = Kind::flush;
  KeyRange range;
  /// Of compact.
  RangeMergeHandle merge = nullptr;
};

}  // namespace coppice::actors

CAF_ADD_ATOM(coppice, coppice::actors::atom, adopt, "adopt")
CAF_ADD_ATOM(coppice, coppice::actors::atom, advance, "advance")
CAF_ADD_ATOM(coppice, coppice::actors::atom, apply, "apply")
CAF_ADD_ATOM(coppice, coppice::actors::atom, begin_split, "beginsplit")
CAF_ADD_ATOM(coppice, coppice::actors::atom, begin_checkpoint, "begincheck")
CAF_ADD_ATOM(coppice, coppice::actors::atom, bind, "bind")
CAF_ADD_ATOM(coppice, coppice::actors::atom, cancel, "cancel")
CAF_ADD_ATOM(coppice, coppice::actors::atom, care, "care")
CAF_ADD_ATOM(coppice, coppice::actors::atom, checkpoint, "checkpoint")
CAF_ADD_ATOM(coppice, coppice::actors::atom, end_checkpoint, "endcheck")
CAF_ADD_ATOM(coppice, coppice::actors::atom, close, "close")
CAF_ADD_ATOM(coppice, coppice::actors::atom, compact, "compact")
CAF_ADD_ATOM(coppice, coppice::actors::atom, cut, "cut")
CAF_ADD_ATOM(coppice, coppice::actors::atom, end_split, "endsplit")
CAF_ADD_ATOM(coppice, coppice::actors::atom, ended, "ended")
CAF_ADD_ATOM(coppice, coppice::actors::atom, fail, "fail")
CAF_ADD_ATOM(coppice, coppice::actors::atom, failed, "failed")
CAF_ADD_ATOM(coppice, coppice::actors::atom, flush, "flush")
CAF_ADD_ATOM(coppice, coppice::actors::atom, get_many, "getmany")
CAF_ADD_ATOM(coppice, coppice::actors::atom, hold, "hold")
CAF_ADD_ATOM(coppice, coppice::actors::atom, idle, "idle")
CAF_ADD_ATOM(coppice, coppice::actors::atom, ingest, "ingest")
CAF_ADD_ATOM(coppice, coppice::actors::atom, job_ran, "jobran")
CAF_ADD_ATOM(coppice, coppice::actors::atom, let_go, "letgo")
CAF_ADD_ATOM(coppice, coppice::actors::atom, log, "log")
CAF_ADD_ATOM(coppice, coppice::actors::atom, merging, "merging")
CAF_ADD_ATOM(coppice, coppice::actors::atom, next, "next")
CAF_ADD_ATOM(coppice, coppice::actors::atom, ran, "ran")
CAF_ADD_ATOM(coppice, coppice::actors::atom, recover, "recover")
CAF_ADD_ATOM(coppice, coppice::actors::atom, release, "release")
CAF_ADD_ATOM(coppice, coppice::actors::atom, retire, "retire")
CAF_ADD_ATOM(coppice, coppice::actors::atom, run, "run")
CAF_ADD_ATOM(coppice, coppice::actors::atom, scan, "scan")
CAF_ADD_ATOM(coppice, coppice::actors::atom, serve, "serve")
CAF_ADD_ATOM(coppice, coppice::actors::atom, settle, "settle")
CAF_ADD_ATOM(coppice, coppice::actors::atom, snapshot, "snapshot")
CAF_ADD_ATOM(coppice, coppice::actors::atom, split, "split")
CAF_ADD_ATOM(coppice, coppice::actors::atom, start, "start")
CAF_ADD_ATOM(coppice, coppice::actors::atom, stats, "stats")
CAF_ADD_ATOM(coppice, coppice::actors::atom, timer, "timer")
CAF_ADD_ATOM(coppice, coppice::actors::atom, turn, "turn")
CAF_ADD_ATOM(coppice, coppice::actors::atom, write, "write")

namespace coppice::actors {

/// A thread that may wait for the disk.
using WorkerActor = caf::typed_actor<
    // Runs the task.
    caf::reacts_to<atom::run, Task>,
    // Ends, after every task that came before.
    caf::reacts_to<atom::close>>;

/// Workers behind one bounded queue: the next free one takes the oldest task.
using PoolActor = caf::typed_actor<
    // Runs the task on a worker, or refuses it because too many wait.
    caf::reacts_to<atom::run, Task>,
    // From a worker: it is free.
    caf::reacts_to<atom::idle, uint64_t>,
    // Ends with its workers, after every task that came before.
    caf::reacts_to<atom::close>>;

/// One shard of the keyspace: the only writer of its tree. See Shard for what each promises in full.
using ShardActor = caf::typed_actor<
    // The queue has turned non-empty: a turn over everything that waits in it.
    caf::reacts_to<atom::turn>,
    // One more way into the queue. A batch with keys of other shards goes on to the router.
    caf::replies_to<atom::write, engine::Batch, Durability>::with<Timestamp>,
    // Begins to serve, with the snapshots and writes it inherits.
    caf::reacts_to<atom::adopt, std::vector<Timestamp>, WriteListPtr>,
    // Keeps a moment readable until its release; replies with the oldest that can be: a later one, and it is not kept.
    caf::replies_to<atom::advance, Timestamp>::with<Timestamp>, caf::reacts_to<atom::release, Timestamp>,
    // A batch over several shards: keeps its turn for the router; logs and syncs; shows it and goes on.
    caf::replies_to<atom::hold, uint64_t>::with<Nothing>,
    caf::replies_to<atom::log, SpanningGroupPtr>::with<Nothing>, caf::replies_to<atom::apply>::with<Nothing>,
    // Makes the directory a tree of what it has committed; stays held.
    caf::replies_to<atom::checkpoint, std::string>::with<Nothing>,
    // Tables that were built outside: flushes what lies where they do; keeps its turn, with them ready to be taken in; makes
    // them a part of its tree.
    caf::replies_to<atom::flush, OutsideTablesPtr>::with<Nothing>,
    caf::replies_to<atom::hold, OutsideTablesPtr>::with<Nothing>,
    caf::replies_to<atom::ingest, Timestamp>::with<Nothing>,
    // Goes on after a hold; without having logged anything, if it is not told to apply.
    caf::reacts_to<atom::let_go>,
    // A recovered batch over several shards has arrived everywhere.
    caf::reacts_to<atom::settle, Timestamp>,
    // All that was written before is in tables; those that overlap the range are in the last level.
    caf::replies_to<atom::flush>::with<Nothing>,
    caf::replies_to<atom::compact, KeyRange, RangeMergeHandle>::with<Nothing>,
    // Before it is adopted as well: merges begin, or not, as told.
    caf::replies_to<atom::merging, engine::Merging>::with<Nothing>,
    caf::replies_to<atom::stats>::with<ShardStats>,
    // Takes no more writes and becomes two trees; replies with the writes it had taken.
    caf::replies_to<atom::cut, Cut>::with<WriteListPtr>,
    // Commits these and what it holds, closes its tree and ends.
    caf::replies_to<atom::close, WriteListPtr>::with<Nothing>,
    // Answers all it holds with the error and ends.
    caf::reacts_to<atom::fail, Error>,
    // From its helpers: lent work is done, a job is back, a delay is over.
    caf::reacts_to<atom::ran, Status>, caf::reacts_to<atom::job_ran, RunningJobPtr>,
    caf::reacts_to<atom::timer>>;

/// A shard that was opened, and waits to be adopted.
struct OpenedShard {
  std::shared_ptr<ShardPort> port;
  ShardActor actor;
};
using OpenedShards = std::vector<OpenedShard>;

/// Owns the shard map and brings shards up, always by the same recovery.
using SupervisorActor = caf::typed_actor<
    // Opens every shard of the map and gives them to the router; answers once each serves or has failed.
    caf::reacts_to<atom::start, Done<Nothing>>,
    // From itself: the pause before these are opened again is over.
    caf::reacts_to<atom::start, std::vector<uint64_t>, std::vector<Timestamp>>,
    // These have ended, while readers held these moments: opens them together, after a pause that grows,
    // again and again.
    caf::reacts_to<atom::recover, std::vector<uint64_t>, std::vector<Timestamp>>,
    // Gives two ids and directories out. They are nothing until end_split.
    caf::replies_to<atom::begin_split>::with<SplitPlace>,
    // The shard's two halves lie there: opens them and writes the map. After an error recover the shard.
    caf::replies_to<atom::end_split, uint64_t, Bytes, SplitPlace>::with<OpenedShards>,
    // Removes a directory that no shard of the map has.
    caf::reacts_to<atom::retire, uint64_t>,
    // Makes the directory, which is not there yet, the beginning of a store.
    caf::replies_to<atom::begin_checkpoint, std::string>::with<Nothing>,
    // Its shards' trees lie there: makes it a store with the present map; false: removes it.
    caf::replies_to<atom::end_checkpoint, std::string, bool>::with<Nothing>,
    // Opens nothing more, and ends.
    caf::replies_to<atom::close>::with<Nothing>>;

/// One scan, for programs that are actors. Ends with the last page, after an error, or when told.
using ScanActor = caf::typed_actor<
    // The next page, read ahead where that was possible; the last one says so.
    caf::replies_to<atom::next>::with<Page>,
    // Ends.
    caf::reacts_to<atom::close>>;

/// Publishes the routing table, and coordinates what concerns several shards.
using RouterActor = caf::typed_actor<
    // Before all else: the supervisor, and the way that handles given to programs come back by.
    caf::reacts_to<atom::bind, SupervisorActor, DoorPtr>,
    // From the supervisor: a shard is open; a shard could not be opened.
    caf::reacts_to<atom::serve, OpenedShard>, caf::reacts_to<atom::failed, uint64_t, KeyRange, Error>,
    // From a shard: it serves no more; nothing it gave out is away.
    caf::reacts_to<atom::failed, uint64_t, Error>, caf::reacts_to<atom::ended, uint64_t>,
    // Calls of programs that are not actors, answered by their `done`: a write that belongs to several
    // shards;
    caf::reacts_to<atom::write, WriteRequestPtr>,
    // a moment on every shard that overlaps the range, kept until the last copy of the handle is gone;
    caf::reacts_to<atom::snapshot, KeyRange, Done<SnapshotHandle>>,
    // the same of a moment that has been, on every shard;
    caf::reacts_to<atom::snapshot, Timestamp, Done<SnapshotHandle>>,
    // flush or compact every shard that overlaps the range;
    caf::reacts_to<atom::care, CareCall, Done<Nothing>>,
    // every shard merges as told, those to come too;
    caf::reacts_to<atom::merging, engine::Merging, Done<Nothing>>,
    // end this merge of a range: not_found, if there is none; or see what was cancelled by its handle;
    caf::reacts_to<atom::cancel, uint64_t, Done<Nothing>>, caf::reacts_to<atom::cancel>,
    // which are under way;
    caf::reacts_to<atom::stats, Done<std::vector<RangeMergeHandle>>>,
    // ingest these files, on every shard that they overlap;
    caf::reacts_to<atom::ingest, StagedFilesPtr, Done<Ingested>>,
    // cut the shard that holds the key in two;
    caf::reacts_to<atom::split, Bytes, Done<SplitShards>>,
    // make the directory a store of one moment, which it tells;
    caf::reacts_to<atom::checkpoint, std::string, Done<Timestamp>>,
    // count;
    caf::reacts_to<atom::stats, Done<std::vector<ShardStats>>>,
    // refuse new calls, end those under way, close every shard, and end.
    caf::reacts_to<atom::close, Done<Nothing>>,
    // Calls of actors. All or nothing, on every shard it touches.
    caf::replies_to<atom::write, engine::Batch, Durability>::with<Timestamp>,
    // The values of one moment, in the order asked.
    caf::replies_to<atom::get_many, std::vector<Bytes>>::with<Values>,
    // As above.
    caf::replies_to<atom::snapshot, KeyRange>::with<SnapshotHandle>,
    // Pages of one moment in key order.
    caf::replies_to<atom::scan, ScanOptions>::with<ScanActor>,
    // The last copy of a handle on this moment of that range is gone.
    caf::reacts_to<atom::release, Timestamp, KeyRange>>;

}  // namespace coppice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::Error)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::KeyRange)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::Status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::Timestamp)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::Durability)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::engine::Batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::CareCall)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::DoorPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Cut)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Nothing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::OpenedShard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::OpenedShards)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::OutsideTablesPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::RunningJobPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::ScanOptions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::ShardStats)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::SnapshotHandle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::SpanningGroupPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::SplitPlace)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::StagedFilesPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Values)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::WriteListPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::WriteRequestPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<coppice::Timestamp>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Done<coppice::Timestamp>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Done<coppice::actors::Ingested>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Done<coppice::actors::Nothing>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Done<coppice::actors::SnapshotHandle>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Done<coppice::actors::SplitShards>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Done<std::vector<coppice::actors::ShardStats>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::Done<std::vector<coppice::actors::RangeMergeHandle>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::actors::RangeMergeHandle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(coppice::engine::Merging)
