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

using Timestamp = UInt64;
# A moment: 44 bits of milliseconds since 1970 above 20 bits of counter.

struct KeyRange {
  # Keys from `begin` on and before `end`.
  begin @0 :Data;
  # Empty: from the first key.
  end @1 :Data;
  # Empty: to the last key.
}

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

enum Merging {
  # What is merged. Flushes go on in all of them.
  on @0;
  # What is due, and what is asked for.
  off @1;
  # What is asked for.
  paused @2;
  # Nothing: merges under way hold still, and go on once it is on or off.
  stopped @3;
  # Nothing: merges under way were given up, their inputs kept.
}

struct RangeMerge {
  # One of a range, that was asked for.
  id @0 :UInt64;
  range @1 :KeyRange;
  tablesDone @2 :UInt64;
  tables @3 :UInt64;
  bytesDone @4 :UInt64;
  bytes @5 :UInt64;
  # Of tables read. What is left is an estimate until the end.
}

interface MergeWatcher {
  # Watches one merge. Given by the caller.

  progress @0 (merge :RangeMerge) -> ();
  # Answered when the next is wanted: some hundred milliseconds later.
}

struct Event {
  # What does not concern a kind is 0.
  sequence @0 :UInt64;
  # From 1 on, each one more than that before, as long as the node runs.
  atMs @1 :UInt64;
  # Milliseconds since 1970.
  kind @2 :Text;
  # "flush_begun", "stall_ended" ...: engine/watch/event.hpp has them all; later versions may have more.
  shard @3 :UInt64;
  sourceLevel @4 :UInt32;
  targetLevel @5 :UInt32;
  tables @6 :UInt64;
  tablesWritten @7 :UInt64;
  bytesRead @8 :UInt64;
  bytesWritten @9 :UInt64;
  tookUs @10 :UInt64;
  reason @11 :Text;
  # Of a stall, or why a merge was picked: engine/watch/reason.hpp has them all; later versions may have more.
  problem @12 :Text;
  # What failed, and what to do, beginning with the error's code; or empty.
  left @13 :UInt64;
  right @14 :UInt64;
  # Of a split.
  trouble @15 :Bool;
  # A person should see it.
}

struct Stats {
  # Counts since the node started, but for sizes, which are of now.
  version @0 :Text;
  uptimeMs @1 :UInt64;
  shards @2 :List(Shard);
  cacheSize @3 :UInt64;
  cacheSizeMax @4 :UInt64;
  cacheHits @5 :UInt64;
  cacheMisses @6 :UInt64;
  connections @7 :UInt32;
  merging @8 :Merging;
  merges @9 :List(RangeMerge);
  # Of ranges, under way; oldest first.
  latencies @10 :List(Latency);
  sstableCount @11 :UInt64;
  totalSize @12 :UInt64;
  # Of the files of all tables and values, in bytes.
  readOperations @13 :UInt64;
  # Keys looked up, and cursors opened: a scan opens one for each page.
  memtablesSize @14 :UInt64;
  filtersSize @15 :UInt64;
  indexSize @16 :UInt64;
  # With cacheSize, what is taken of the node's memory setting; that is cacheSizeMax.

  struct Latency {
    # How long calls took on all shards, in nanoseconds. engine/watch says which are timed.
    name @0 :Text;
    # "get", "get_many", "page" (of a scan), "write", "sync", "flush", "merge".
    count @1 :UInt64;
    # Of those that were timed.
    mean @2 :Float64;
    p50 @3 :UInt64;
    p90 @4 :UInt64;
    p99 @5 :UInt64;
    p999 @6 :UInt64;
    max @7 :UInt64;
  }

  struct ReadCounts {
    gets @0 :UInt64;
    manyKeys @1 :UInt64;
    manyCalls @2 :UInt64;
    foundInMemtables @3 :UInt64;
    notFound @4 :UInt64;
    scans @5 :UInt64;
    entriesScanned @6 :UInt64;
    failures @7 :UInt64;
    blocksRead @8 :UInt64;
    # That the cache lacked.
    bytesRead @9 :UInt64;
    keysSampled @10 :UInt64;
    tablesPerKey @11 :Float64;
    # Tables that the search for a key asks, filters included.
    blocksPerKey @12 :Float64;
    # Data blocks that it looks into: read amplification.
    filterSuccess @13 :Float64;
    # Of the tables asked that lack the key, the share that filters turn away.
  }

  struct Stall {
    reason @0 :Text;
    count @1 :UInt64;
    ms @2 :UInt64;
  }

  struct Shard {
    id @0 :UInt64;
    range @1 :KeyRange;
    state @2 :State;
    problem @3 :Text;
    # Why the shard does not serve, or empty.
    memtableSize @4 :UInt64;
    logSize @5 :UInt64;
    levels @6 :List(Level);
    writes @7 :UInt64;
    # Operations committed.
    groups @8 :UInt64;
    # Log appends they took.
    syncs @9 :UInt64;
    flushes @10 :UInt64;
    merges @11 :UInt64;
    snapshots @12 :UInt32;
    visible @13 :Timestamp;
    bytesFlushed @14 :UInt64;
    # To tables, from memory.
    bytesMerged @15 :UInt64;
    # To tables, by merges.
    pendingMergeSize @16 :UInt64;
    # Bytes that merges will write until every level has its size, about.
    level0Depth @17 :UInt32;
    # Tables that a read may meet before the levels that are merged.
    debtPercent @18 :UInt32;
    # How far flushing and merging are behind: from 1 on writes are slowed, at 100 they are refused.
    stalledMs @19 :UInt64;
    # How long writes were slowed.
    filesByKey @20 :List(KeyFiles);
    # Of tables, logs and the manifest: how many files each key encrypts.
    refused @21 :UInt64;
    # Operations answered unavailable because flushing and merging fell behind.
    stalls @22 :List(Stall);
    # For each reason that there was.
    reads @23 :ReadCounts;
    tablesDropped @24 :UInt64;
    # In which range deletes or time had left nothing to see.
    bytesLogged @25 :UInt64;
    entriesRead @26 :UInt64;
    # By flushes and merges.
    entriesWritten @27 :UInt64;
    # And kept.
    sealedMemtables @28 :UInt32;
    sstableCount @29 :UInt64;
    totalSize @30 :UInt64;
    readOperations @31 :UInt64;
    writeAmplification @32 :Float64;
    # Bytes written to files for each that was flushed, the log included.
    spaceAmplification @33 :Float64;
    # Bytes in tables and value files for each that the last level keeps.
    valueFiles @34 :UInt64;
    valueFilesSize @35 :UInt64;
    valueGarbageSize @36 :UInt64;
    # Of those: bytes of values that no table refers to.
    coldFiles @37 :UInt64;
    # Tables and value files in the cold directory.
    coldSize @38 :UInt64;
    # Theirs, in bytes.
    coldFull @39 :Bool;
    # There was no room left: what belongs there is written to the store's own directory for a while.
  }

  struct KeyFiles {
    keyId @0 :UInt64;
    # 0: not encrypted.
    files @1 :UInt64;
  }

  struct Level {
    tables @0 :UInt32;
    size @1 :UInt64;
    entries @2 :UInt64;
    bytesArrived @3 :UInt64;
    # From above: flushed, merged or moved.
    bytesMerged @4 :UInt64;
    # Written by merges into this level.
    bytesRead @5 :UInt64;
    # Read by them, of this level and the one above.
    writeAmplification @6 :Float64;
    # bytesMerged for each of bytesArrived.
    score @7 :Float64;
    # 1 and more: it should be merged downward.
    keysFound @8 :UInt64;
    tablesAsked @9 :UInt64;
    # By the keys sampled; so are those that follow.
    tablesFiltered @10 :UInt64;
    blocksAsked @11 :UInt64;
    valuesSize @12 :UInt64;
    # In value files: what the tables of this level refer to.
  }

  enum State {
    serving @0;
    recovering @1;
    failed @2;
  }
}

struct VerifyReport {
  tables @0 :UInt64;
  blocks @1 :UInt64;
  entries @2 :UInt64;
  bytes @3 :UInt64;
  problems @4 :List(Text);
  # Empty: all is well. Each names the file, the offset and what to do.
}
