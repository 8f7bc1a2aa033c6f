// What the benchmark asks of a storage engine, in the same words for each of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coppice::bench {

/// The same for every engine that has it: no compression, checksums on, log on, 10 bits of bloom filter a key, of ours what its default takes.
struct Settings {
  size_t write_buffer_size = 64 << 20;
  size_t cache_size = 256 << 20;
  /// Values so large lie apart from their keys; 0: none. For engines that can.
  size_t value_threshold = 0;
  /// For those with a better way to read where it does not.
  bool cache_holds_all = true;
};

using Pair = std::pair<std::string_view, std::string_view>;

/// One open database. A failure ends the program with a message: there is nothing to measure behind it.
/// Threads: as many writers as were announced; get and scan from any number beside them.
class Engine {
public:
  virtual ~Engine() = default;

  /// How many threads will write from now on; 1 until called. Requires: nobody writes meanwhile.
  virtual void expect_writers(unsigned /*count*/) {}

  /// Survives `kill -9`; with `sync`, power loss too.
  virtual void put(std::string_view key, std::string_view value, bool sync) = 0;
  virtual void remove(std::string_view key) = 0;
  /// All of it as one batch.
  virtual void write(const std::vector<Pair>& pairs) = 0;
  virtual void remove(const std::vector<std::string_view>& keys) = 0;
  /// Whether the key is there. Touches its value, where the engine hands it out.
  virtual bool get(std::string_view key) = 0;
  /// How many of the keys are there; as get() of each, or faster.
  virtual uint64_t get_many(std::span<const std::string_view> keys) {
    uint64_t found = 0;
    for (const std::string_view key : keys) found += get(key) ? 1 : 0;
    return found;
  }
  /// Walks `count` entries from the first at or after `from`, touching each key and value; how many there were.
  virtual uint64_t scan(std::string_view from, uint64_t count) = 0;
  /// The same downwards, from the last entry before `from`; an empty `from` begins at the last of all.
  virtual uint64_t scan_back(std::string_view from, uint64_t count) = 0;
  /// The first key, into `key`; false: there is none.
  virtual bool first(std::string& key) = 0;

  /// Gives the next entry, in order; false: there is none left.
  using NextPair = std::function<bool(Pair&)>;
  /// Builds `file` of the entries, outside of the database, and has it taken in; none of their keys is there yet. False: the engine
  /// knows no such thing.
  virtual bool ingest(const std::string& /*file*/, const NextPair& /*next*/) { return false; }

  /// One more at `key`, which has a number of 8 bytes. False: the engine is not asked to count.
  virtual bool increment(std::string_view /*key*/) { return false; }

  /// Flushes, and merges everything into one sorted run, so that reads find all engines in the same shape.
  virtual void settle() = 0;
  /// Waits for the flushes and merges that the engine finds due, which is less than settle() does. Does nothing where they go
  /// on by themselves.
  virtual void rest() {}
};

/// What takes part in a run where it is not named.
enum class Role : uint8_t {
  /// In every suite.
  engine,
  /// The tree with one more feature in use: in the suite that shows what each costs.
  feature,
  /// Nowhere.
  preset,
};

struct Contender {
  std::string name;
  /// Opens the database in `directory`; makes an empty one if the directory is missing.
  std::unique_ptr<Engine> (*open)(const std::string& directory, const Settings& settings);
  Role role = Role::engine;
};

std::unique_ptr<Engine> open_tree(const std::string& directory, const Settings& settings);
/// The tree, each with one feature in use, or without one that every tree has; see featured_trees.cpp.
const std::vector<Contender>& featured_trees();
// The tree with a preset's options and cache instead of the settings.
std::unique_ptr<Engine> open_write_heavy(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_read_heavy(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_memory_constrained(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_store(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_rocksdb(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_leveldb(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_lmdb(const std::string& directory, const Settings& settings);

/// Prints `what` and ends the program.
[[noreturn]] void give_up(const std::string& what);

/// Bytes that this process made the system write to disks, by its pages, whether they came by calls or by maps. A page
/// that is changed again before it was written counts once.
uint64_t bytes_for_disk();

/// Reads the first and last byte, and keeps the optimiser from skipping it.
inline void touch(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto read = static_cast<unsigned char>(bytes.front() ^ bytes.back());
  asm volatile("" : : "r"(read));
}

}  // namespace coppice::bench
