@0xd3a1c58e0f7b2694;
# The records of a tree's MANIFEST: edits whose sum is the tree's present version.
# How they are framed on disk is written in engine/FORMAT.md.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("coppice::schema");

struct KeyBounds {
  begin @0 :Data;
  end @1 :Data;
  hasEnd @2 :Bool;
  # Without an end, to the last key.
}

struct TableRecord {
  number @0 :UInt64;
  # Names the file.
  fileSize @1 :UInt64;
  bounds @2 :KeyBounds;
  # Holds every key and range delete of the table; `end` is the first key past them.
  entryCount @3 :UInt64;
  deleteCount @4 :UInt64;
  rangeDeleteCount @5 :UInt64;
  oldest @6 :UInt64;
  newest @7 :UInt64;
  # Commit timestamps.
  uniqueId @8 :UInt64;
  # Drawn at random when the table was built; kept when trees share the file.
  cleared @9 :List(ClearedRange);
  # What the range deletes cover, as far as it takes few words to say: ascending, and apart.
  values @10 :List(ValueUse);
  # What the entries refer to, by ascending files.
  keyId @11 :UInt64;
  # Of the key that the table is encrypted with; 0: it is not.
  hiddenCount @12 :UInt64;
  # Of the entries, those behind a newer one of their key in the table that is no operand.
  expiredQuarter @13 :UInt64;
  expiredHalf @14 :UInt64;
  expiredAll @15 :UInt64;
  # From when on so many of the entries have expired, in milliseconds since 1970; 0: never.
  ingested @16 :UInt64;
  # Of a table that was built outside: the commit of each of its entries. 0: the file says it.
}

struct ValueUse {
  file @0 :UInt64;
  # Its number.
  size @1 :UInt64;
  # Stored bytes, of values and what frames them.
}

struct ValueFile {
  number @0 :UInt64;
  # Names the file.
  fileSize @1 :UInt64;
  uniqueId @2 :UInt64;
  # Kept when trees share the file.
  keyId @3 :UInt64;
  # As a table's.
  cold @4 :Bool;
  # It lies in the tree's cold directory.
}

struct ClearedRange {
  # A range delete of the table covers each key of it.
  range @0 :KeyBounds;
  # The commit timestamps of those that do, from and to.
  oldest @1 :UInt64;
  newest @2 :UInt64;
}

struct Edit {
  # Fields that an edit leaves out stay as they were.
  formatVersion @0 :UInt32;
  # Set in the first record of a file.
  range @1 :KeyBounds;
  # The keys that the tree owns. Set in the first record of a file.
  hasRange @2 :Bool;
  removed @3 :List(TableRef);
  added @4 :List(AddedTable);
  logsBegun @5 :List(UInt64);
  # Logs that recovery must find, until they are retired.
  logsRetired @6 :List(UInt64);
  # Their entries are all in tables.
  nextFileNumber @7 :UInt64;
  # Every number in use is smaller.
  flushed @8 :UInt64;
  # Every commit up to this timestamp is in tables.
  logsClosed @9 :List(UInt64);
  # Logs that end in a close record: one that does not, now, has lost its end.
  valueFiles @10 :List(ValueFile);
  # Begun by this edit: each is the tree's as long as a table refers to it.
  historyFrom @11 :UInt64;
  # From this moment on all can be asked for; what only readers before it could see may be gone. 0: as it was; in no edit: not
  # known.

  struct TableRef {
    level @0 :UInt8;
    number @1 :UInt64;
  }

  struct AddedTable {
    level @0 :UInt8;
    table @1 :TableRecord;
    cold @2 :Bool;
    # Its file lies in the tree's cold directory.
  }
}
