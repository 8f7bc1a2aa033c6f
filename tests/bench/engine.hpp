// What the benchmark asks of a storage engine, in the same words for each of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coppice::bench {

/// The same for every engine: no compression, checksums on, log on, 10 bits of bloom filter a key.
struct Settings {
  size_t write_buffer_size = 64 << 20;
  size_t cache_size = 256 << 20;
};

using Pair = std::pair<std::string_view, std::string_view>;

/// One open database. A failure ends the program with a message: there is nothing to measure behind it.
/// Threads: one writer; get and scan from any number beside it.
class Engine {
public:
  virtual ~Engine() = default;

  virtual void put(std::string_view key, std::string_view value, bool sync) = 0;
  virtual void remove(std::string_view key) = 0;
  virtual void write(const std::vector<Pair>& pairs) = 0;
  /// Whether the key is there; its value replaces `value`.
  virtual bool get(std::string_view key, std::string& value) = 0;
  /// Walks `count` entries from the first at or after `from`, touching each key and value; how many there
  /// were.
  virtual uint64_t scan(std::string_view from, uint64_t count) = 0;
  /// Flushes, and merges everything into one sorted run, so that reads find all engines in the same shape.
  virtual void settle() = 0;
};

struct Contender {
  std::string name;
  /// Opens an empty database in `directory`, which is missing or empty.
  std::unique_ptr<Engine> (*open)(const std::string& directory, const Settings& settings);
};

std::unique_ptr<Engine> open_tree(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_store(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_rocksdb(const std::string& directory, const Settings& settings);
std::unique_ptr<Engine> open_leveldb(const std::string& directory, const Settings& settings);

/// Prints `what` and ends the program.
[[noreturn]] void give_up(const std::string& what);

/// Reads the first and last byte, and keeps the optimiser from skipping it.
inline void touch(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto read = static_cast<unsigned char>(bytes.front() ^ bytes.back());
  asm volatile("" : : "r"(read));
}

}  // namespace coppice::bench
