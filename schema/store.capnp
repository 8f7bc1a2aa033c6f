@0xb0d6f2a7c1e94a35;
# The public RPC of a Coppice store.
#
# Expected outcomes (an absent key) are values in results. Failures are RPC exceptions whose text starts
# with one of our error codes and a colon, "unavailable: ...":
#
#   exception type   codes                                     what a caller does
#   overloaded       unavailable                               waits as the text says, then tries again
#   disconnected     (the connection broke)                    connects again; a write may or may not be kept
#   unimplemented    unsupported                               upgrades the server or the client
#   failed           every other code                          mends the request, or the store
#
# A connection may have 1024 calls under way; a further one is answered `unavailable`.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("coppice::schema");

using Timestamp = import "basics.capnp".Timestamp;
using KeyRange = import "basics.capnp".KeyRange;
using Merging = import "stats.capnp".Merging;
using RangeMerge = import "stats.capnp".RangeMerge;
using Event = import "stats.capnp".Event;
using Stats = import "stats.capnp".Stats;
using VerifyReport = import "stats.capnp".VerifyReport;

struct Entry {
  key @0 :Data;
  # 1 to 16384 bytes.
  value @1 :Data;
  # 0 to 64 MiB less the message's own bytes.
}

struct TimedEntry {
  entry @0 :Entry;
  ttlMs @1 :UInt64;
  # So many milliseconds after the node took it the key is as absent as after a delete; 1 and more.
}

enum Durability {
  # What an acknowledged write survives. The default is `synced`.
  synced @0;
  # Power loss, on a disk that honours fdatasync.
  buffered @1;
  # kill -9 of the server.
  memory @2;
  # A clean stop of the server.
}

enum Operator {
  # What a write does to a value without knowing it. Numbers are 8 bytes, little-endian, of two's complement.
  add @0;
  # The operand, a number, is added, modulo 2^64. To an absent key: becomes the value. What is no number stays as it is.
  append @1;
  # The operand comes behind the value, up to 64 MiB in all.
  max @2;
  # The larger of two numbers stays; otherwise as add.
}

struct Merge {
  key @0 :Data;
  operator @1 :Operator;
  operand @2 :Data;
}

struct Operation {
  union {
    put @0 :Entry;
    delete @1 :Data;
    deleteRange @2 :KeyRange;
    # Every key in the range; an empty `end` deletes to the last key.
    merge @3 :Merge;
    # Changes what the key holds, and what operations before it in the list made of it.
    putFor @4 :TimedEntry;
  }
}

struct Condition {
  # `key` is still of the version that get gave; 0: it is absent.
  key @0 :Data;
  version @1 :Timestamp;
}

struct Value {
  # What a key holds.
  union {
    absent @0 :Void;
    present @1 :Data;
  }
}

interface Reader {
  # What can be read: the store as it is now, or a snapshot.

  get @0 (key :Data) -> (value :Value, version :Timestamp);
  # Linearizable on a store, each get by itself; of the snapshot's moment on a snapshot. `version` is the timestamp of the
  # latest write of the key, for conditions; 0: the key is absent.

  getMany @1 (keys :List(Data)) -> (values :List(Value));
  # All at one moment, which several gets are not; in the order asked. At most 64 MiB of answer: more is invalid_argument.

  scan @2 (range :KeyRange, reverse :Bool, limit :UInt64, keysOnly :Bool, sink :PageSink) -> (count :UInt64);
  # Sends the range's entries to `sink` in key order (descending if `reverse`), all of one moment, as
  # pages of about 256 KiB, as fast as the sink takes them. Returns when the last page has been taken.
  # `limit` 0: no limit. Dropping the call ends the scan.
}

interface PageSink {
  # Receives a scan. Given by the caller.

  page @0 (entries :List(Entry)) -> stream;
  # In scan order. With `keysOnly`, values are empty.
}

interface Snapshot extends(Reader) {
  # The store as it was at one moment, on every shard. Dropping the capability releases it.

  timestamp @0 () -> (timestamp :Timestamp);
}

interface Store extends(Reader) {
  # The bootstrap capability of a node.

  put @0 (entry :Entry, durability :Durability) -> (timestamp :Timestamp);
  delete @1 (key :Data, durability :Durability) -> (timestamp :Timestamp);
  deleteRange @2 (range :KeyRange, durability :Durability) -> (timestamp :Timestamp);

  write @3 (operations :List(Operation), durability :Durability) -> (timestamp :Timestamp);
  # All or nothing, on every shard it touches. Of two operations on one key the later wins.
  # At most 64 MiB of keys and values.

  snapshot @4 () -> (snapshot :Snapshot);

  admin @5 () -> (admin :Admin);

  writeIf @6 (conditions :List(Condition), operations :List(Operation), durability :Durability)
      -> (written :Bool, timestamp :Timestamp, failed :UInt32, version :Timestamp);
  # The operations, if all conditions hold, as one step. Otherwise nothing is `written`: the condition of index `failed` is the
  # first that does not hold, and its key is of `version`. All keys must belong to one shard, otherwise the answer is
  # `unsupported`. At most 1024 conditions, and at least one operation.

  putFor @7 (entry :TimedEntry, durability :Durability) -> (timestamp :Timestamp);

  snapshotAt @8 (timestamp :Timestamp) -> (snapshot :Snapshot);
  # Of a moment that has been, inside of the node's retention time: others are invalid_argument, which names the oldest.
}

interface Admin {
  # Care of a store. Each call works on the shards that overlap its range.

  stats @0 () -> (stats :Stats);

  flush @1 (range :KeyRange) -> ();
  # Returns when all that was written before is in tables, and logs that are not needed any more are gone.

  compact @2 (range :KeyRange, watcher :MergeWatcher) -> ();
  # Flushes, and merges every table that overlaps the range down to the last level. Tells `watcher`, if there is one, how far
  # it is. Dropping the call ends the merge: what was merged stays so, nothing is lost. `cancelled` if another client ended it.

  verify @3 (range :KeyRange) -> (report :VerifyReport);
  # Reads every block of every table and checks checksums, order, ranges and counts.

  split @4 (key :Data) -> (left :UInt64, right :UInt64);
  # Cuts the shard that holds `key` in two: `key` is the first of the right one. Returns their ids.
  # `invalid_argument` if a shard starts with `key` already.

  setMerging @5 (merging :Merging) -> ();
  # Of every shard, until the node ends. Returns when it is so; `stopped`: when no merge is under way any more. While it is not on,
  # space that is overwritten or deleted is not given back (Stats.Shard.valueGarbageSize), and at a bound writes are refused.

  cancelMerge @6 (id :UInt64) -> ();
  # Ends a merge of a range, whoever asked for it: an id of Stats.merges. `not_found`: no such is under way.

  events @7 (since :UInt64, limit :UInt32) -> (events :List(Event), lost :UInt64, next :UInt64);
  # What has happened lately, from sequence number `since` on (0: from the oldest kept), `limit` of them at most (0: all).
  # `lost`: so many between `since` and the first are gone. `next`: what to ask for the next time.

  checkpoint @8 (name :Text) -> (directory :Text, timestamp :Timestamp);
  # Makes a second store of what this one holds at one moment, in the directory "checkpoints/`name`" of its own, by links.
  # `in_use`: there is one of that name. `invalid_argument`: a name is 1 to 100 letters, digits, "-", "_" and ".", and does not
  # begin with a ".".

  ingest @9 (files :List(Text)) -> (timestamp :Timestamp, entries :UInt64, bytes :UInt64);
  # Takes in sorted files that were built outside, as they are: paths on the node's machine, that begin with /. All they hold is
  # there at one moment, later than all that was written before. 1 to 1024 files, of which no two overlap.
}

interface MergeWatcher {
  # Watches one merge. Given by the caller.

  progress @0 (merge :RangeMerge) -> ();
  # Answered when the next is wanted: some hundred milliseconds later.
}
