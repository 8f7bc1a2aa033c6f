@0xef0d03844f8b5057;
# What every part of the RPC speaks of.

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
