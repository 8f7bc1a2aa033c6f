#include "tests/bench/workloads.hpp"

namespace coppice::bench {

const std::vector<Suite>& suites() {
  using Start = Suite::Start;
  const std::vector<Workload> mixes{
      {"ycsb A", {1, 2}, ycsb_a}, {"ycsb B", {1, 2}, ycsb_b}, {"ycsb C", {1, 2}, ycsb_c},
      {"ycsb F", {1, 2}, ycsb_f}, {"ycsb D", {1, 2}, ycsb_d}, {"ycsb E", {1, 2}, ycsb_e},
  };
  static const std::vector<Suite> all{
      {.name = "fill",
       .start = Start::empty,
       .with_store = true,
       .workloads = {{"fillseq", {1, 2}, fillseq},
                     {"fillrandom", {1, 2}, fillrandom},
                     {"fillbatch", {1, 2}, fillbatch},
                     {"ingest", {1}, ingest},
                     {"fillsync", {1, 2, 4}, fillsync}}},
      {.name = "update",
       .start = Start::prepared,
       .workloads = {{"overwrite", {1}, overwrite},
                     {"overwrite", {2}, overwrite_together},
                     {"deleterandom", {1, 2}, deleterandom}}},
      {.name = "read",
       .start = Start::prepared,
       .workloads = {{"readrandom", {1, 2}, readrandom},
                     {"readmissing", {1, 2}, readmissing},
                     {"readzipfian", {1, 2}, readzipfian},
                     {"multiget", {1, 2}, multiget},
                     {"seekrandom", {1, 2}, seekrandom},
                     {"seekrandom back", {1}, seekrandom_back},
                     {"readseq", {1}, readseq},
                     {"readreverse", {1}, readreverse},
                     {"readwhilewriting", {1}, readwhilewriting}}},
      {.name = "read-small",
       .start = Start::prepared,
       .small_cache = true,
       .workloads = {{"readrandom", {1, 2}, readrandom},
                     {"readmissing", {1}, readmissing},
                     {"readzipfian", {1, 2}, readzipfian},
                     {"multiget", {1, 2}, multiget}}},
      {.name = "deletes",
       .start = Start::empty,
       .workloads = {{"tombstones", {1}, tombstones}, {"queue", {1}, queue}}},
      {.name = "ycsb", .start = Start::prepared, .with_store = true, .workloads = mixes},
      {.name = "ycsb-small", .start = Start::prepared, .small_cache = true, .workloads = mixes},
      {.name = "memory",
       .start = Start::prepared,
       .small_cache = true,
       .workloads = {{"memory", {1}, memory}}},
      {.name = "features",
       .start = Start::prepared,
       .of_features = true,
       .workloads = {{"feature readrandom", {1}, readrandom},
                     {"feature readmissing", {1}, readmissing},
                     {"feature seekrandom", {1}, seekrandom},
                     {"feature readseq", {1}, readseq},
                     {"feature overwrite", {1}, overwrite}}},
      {.name = "presets",
       .start = Start::prepared,
       .named_only = true,
       .workloads = {{"preset overwrite", {1}, overwrite_and_rest},
                     {"preset readrandom", {1}, readrandom},
                     {"preset readmissing", {1}, readmissing},
                     {"preset memory", {1}, memory}}},
      {.name = "open", .start = Start::closed, .workloads = {{"open", {1}, open_prepared}}},
      {.name = "recover", .start = Start::nothing, .workloads = {{"recover", {1}, recover}}},
      {.name = "memtable", .start = Start::nothing, .workloads = {{"memtable", {1, 2}, memtable}}},
  };
  return all;
}

}  // namespace coppice::bench
