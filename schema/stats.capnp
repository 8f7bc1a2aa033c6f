@0xa3d52d2f0e579b0f;
# What a store says of itself to whoever takes care of it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("coppice::schema");

using Timestamp = import "basics.capnp".Timestamp;
using KeyRange = import "basics.capnp".KeyRange;

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
  historyFrom @17 :Timestamp;
  # The earliest moment that Store.snapshotAt takes; 0: no history is kept.

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
