// The workloads. Each is a function that works on a stand and notes there what it measured.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/data.hpp"
#include "tests/bench/drive.hpp"
#include "tests/bench/engine.hpp"
#include "tests/bench/measure.hpp"

namespace coppice::bench {

struct Scale {
  /// In the prepared database, and of every load.
  uint64_t entries = 1'000'000;
  /// Bytes.
  size_t value_size = kValueSize;
  /// How long reads last, and at most writes, which end when they have put as much as there are entries.
  double seconds = 0.5;
  double write_seconds = 1.5;
  double fill_seconds = 4;
  double overwrite_seconds = 15;

  /// What a user gives to store one entry.
  size_t entry_size() const { return kKeySize + value_size; }
};

/// What one workload works on, in one round, for one engine.
class Stand {
public:
  Stand(const Contender& whose, std::filesystem::path where, const Settings& with, const Scale& how_much,
        std::vector<Measure>& measures)
      : contender(whose), directory(std::move(where)), settings(with), scale(how_much), measures_(measures) {}

  const Contender& contender;
  const std::filesystem::path directory;
  Settings settings;
  const Scale scale;
  /// What runs now.
  Case at;

  /// Requires: open.
  Engine& engine() { return *engine_; }
  void open() { engine_ = contender.open(directory, settings); }
  void close() { engine_.reset(); }

  void note(const std::string& metric, double value, std::vector<double> series = {});
  /// Its rate, and if it was timed percentiles and slots.
  void note(const Tally& tally);

private:
  std::vector<Measure>& measures_;
  std::unique_ptr<Engine> engine_;
};

struct Workload {
  std::string name;
  /// Runs once with each number of threads.
  std::vector<unsigned> threads;
  void (*run)(Stand& stand);
};

/// Workloads that run one after the other in a process of their own.
struct Suite {
  enum class Start : uint8_t {
    nothing,   // Each run finds no directory, and opens what it needs.
    closed,    // Each run finds the prepared database, not open.
    empty,     // Each run finds an empty database, open.
    prepared,  // The first run finds the prepared database, open and walked once; each other what was left.
  };
  std::string name;
  Start start = Start::empty;
  /// A quarter of the data, instead of all of it and more.
  bool small_cache = false;
  /// Also for `store`, where each put waits for two thread switches, so that it takes long.
  bool with_store = false;
  /// Of the tree, alone and with one feature after the other.
  bool of_features = false;
  /// Runs only when it is named.
  bool named_only = false;
  std::vector<Workload> workloads;
};

/// In the order in which they run.
const std::vector<Suite>& suites();

/// Loads every key and settles: the database that suites begin with.
void prepare(Stand& stand);
/// Writes entries [0, count) in order, in large batches.
void load(Engine& engine, uint64_t count, size_t value_size);

// Writes (writes.cpp). Operations of one entry, but for fillbatch, counted in entries.
void fillseq(Stand& stand);
void fillrandom(Stand& stand);
void fillbatch(Stand& stand);
void fillsync(Stand& stand);
/// Sustained: twice as many puts as there are entries, each timed, with memory and space watched.
void overwrite(Stand& stand);
/// The same without a watch on it, for two threads.
/// Then what is due is merged, and all walked once.
void overwrite_and_rest(Stand& stand);
void overwrite_together(Stand& stand);
void deleterandom(Stand& stand);
/// The entries of fillseq, by a sorted file: built and taken in.
void ingest(Stand& stand);
/// Puts and gets in turn, with memory watched.
void memory(Stand& stand);

// Counting (counting.cpp). As many counters as there are entries, at keys behind theirs.
/// One more at any of them.
void increment(Stand& stand);
/// Reads what the increments left.
void read_counters(Stand& stand);

// Reads (reads.cpp), and scans (scans.cpp), counted in entries.
void readrandom(Stand& stand);
void readmissing(Stand& stand);
void readzipfian(Stand& stand);
/// 32 keys at a time.
void multiget(Stand& stand);
void readwhilewriting(Stand& stand);
void seekrandom(Stand& stand);
void seekrandom_back(Stand& stand);
void readseq(Stand& stand);
void readreverse(Stand& stand);

// What is hard for a tree that merges (deletes.cpp).
/// Looks for the first key behind as many deleted ones as there are entries; counted in deleted keys passed.
void tombstones(Stand& stand);
/// Pushes at one end and pops at the other, of a thousand; counted in pairs, every push and pop timed.
void queue(Stand& stand);

// YCSB's mixes (ycsb.cpp), counted in operations.
void ycsb_a(Stand& stand);
void ycsb_b(Stand& stand);
void ycsb_c(Stand& stand);
void ycsb_d(Stand& stand);
void ycsb_e(Stand& stand);
void ycsb_f(Stand& stand);

// Opening (opening.cpp), in seconds until the first read was answered.
void open_prepared(Stand& stand);
/// After a process died that had written 64 MB into its log, and flushed nothing.
void recover(Stand& stand);

/// Inserts into a memtable alone (memtable.cpp); only for the tree.
void memtable(Stand& stand);

}  // namespace coppice::bench
