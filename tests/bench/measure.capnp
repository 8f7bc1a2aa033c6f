@0xd0b1c26c1f1e43a5;
# What a run of the benchmark measured: one line of JSON for each.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("coppice::bench::wire");

struct Measure {
  round @0 :UInt32;
  engine @1 :Text;
  workload @2 :Text;
  threads @3 :UInt32;
  entries @4 :UInt64;
  # In the database when it begins, or when it is loaded.
  smallCache @5 :Bool;
  # A quarter of the data; otherwise all of it fits.
  metric @6 :Text;
  # rate (a second), p50 to p99.99 and max (nanoseconds), write_amplification, ...
  value @7 :Float64;
  series @8 :List(Float64);
  # What there is of it beside one value: slots of 100 ms.
}
