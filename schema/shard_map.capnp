@0xf8e2094b6d3c7a15;
# Which shard owns which keys. Written whole, framed as engine/FORMAT.md says, whenever it changes.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("coppice::schema");

struct ShardMap {
  formatVersion @0 :UInt32;
  storeId @1 :UInt64;
  # Drawn at random when the store was created.
  epoch @2 :UInt64;
  # Raised by every change.
  nextShardId @3 :UInt64;
  shards @4 :List(Shard);
  # In key order, without gaps: the first begins at the empty key, the last has no end.
  coldId @5 :UInt64;
  # Of the store's cold directory, drawn at random when it got one; 0: it has none. The directory says so too.

  struct Shard {
    id @0 :UInt64;
    # Names its directory.
    begin @1 :Data;
    # Its end is the next one's begin.
  }
}

struct ColdOwner {
  # Whose a cold directory is. Written once, framed as well, in the directory itself.
  formatVersion @0 :UInt32;
  storeId @1 :UInt64;
  coldId @2 :UInt64;
  # What the store's map says.
}
