// A file system in memory that knows what was synced, fails where it is told to, and can lose its power.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/io/file.hpp"

namespace coppice::engine {

/// Deterministic: the same calls and seeds give the same files.
///
/// Bytes and names become durable apart, as POSIX promises no more: AppendFile::sync keeps a file's bytes, and
/// sync_directory the names in one directory (and a directory is a name in its parent). "/" and "." always exist.
///
/// Every call of FileSystem, AppendFile, LogFile and RandomFile::read is one operation, counted from 0; size() and
/// name() are none.
///
/// Threads: any.
class MemoryFileSystem final : public FileSystem {
public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  // Misfortune.

  uint64_t operation_count() const;
  /// The operation after `after` further ones fails with `code`. A failed append or commit may have written a part,
  /// a failed reserve may have left zeros. After a failed sync of a file the system takes for written what is in memory only: reads
  /// find it, and later syncs succeed without it, but for what is written once more.
  void fail_after(uint64_t after, Errc code = Errc::io_error);
  /// The same of the operation that comes `after` further ones behind the next on a path with `part` in it.
  void fail_after(uint64_t after, std::string part);
  /// So does every one behind it, as if the process had been killed in there.
  void stop_after(uint64_t after);
  void stop_after(uint64_t after, std::string part);
  enum class Misread {
    flipped_bit,
    another_file,  // what lies at that place of another file, or zeros
  };
  /// The read after `after` further ones succeeds with bytes that are not the file's. Which bit, or file, `choice` decides.
  void misread_after(uint64_t after, Misread kind, uint64_t choice);
  /// Whether that read is still to come.
  bool will_misread() const;
  /// From here on appends fail with out_of_space once they have written this many bytes together, and reserves
  /// likewise with the zeros that they make ahead; without any room all reserves fail.
  void set_room(uint64_t bytes);
  /// Whether an operation was refused because all are to stop.
  bool is_stopped() const;
  /// What an operation that was made to fail, or the first that was stopped, was to do: "/db/000001.log: sync". Empty: there was none.
  std::string last_failure() const;
  /// What syncs that failed have left in memory only is found there no more.
  void forget_unwritten();
  /// The same in the operation after `after` further ones.
  void forget_unwritten_after(uint64_t after);
  /// In the operation after `after` further ones this directory vanishes, with all in it.
  void vanish_after(uint64_t after, std::string directory);
  /// No more failures; those that happened stay happened. Room is endless.
  void heal();

  /// The power goes: only what was synced is there, and locks are free. Files that were open go on without a
  /// name, so what their holders still do has no effect. Heals.
  void crash();
  /// The same, but some of what was not synced is there too, drawn from `seed`: of names the first few changes, in
  /// the order they were made; of each file's bytes a part, in no order, which may be torn (zeros where bytes should
  /// be).
  void crash(uint64_t seed);

  /// By RandomFile::read.
  uint64_t bytes_read() const;

  // For tests that look at files or damage them. Requires: the file exists.

  Bytes content(const std::string& path) const;
  /// As if written and synced.
  void set_content(const std::string& path, ByteView content);
  void flip_bit(const std::string& path, uint64_t bit);

  Result<std::unique_ptr<AppendFile>> create(const std::string& path) override;
  Result<std::unique_ptr<LogFile>> create_log(const std::string& path) override;
  Result<std::unique_ptr<LogFile>> reopen_log(const std::string& path, const KeptFront& kept) override;
  Result<std::unique_ptr<RandomFile>> open(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Status rename(const std::string& source, const std::string& target) override;
  Status link(const std::string& source, const std::string& target) override;
  Status sync_file(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status remove_tree(const std::string& directory) override;
  Status make_directory(const std::string& directory) override;
  Status make_child_directory(const std::string& directory) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override;

private:
  struct Node;  // a file's bytes, or a directory
  class Appended;
  class Logged;
  class Opened;
  class Lock;
  /// What bears a name (nothing: none does), and the directory in which the name was given: one that was removed and made anew
  /// is another. Nothing for "/" and ".".
  struct Name {
    std::shared_ptr<Node> node;
    std::shared_ptr<Node> home;
  };
  using Change = std::map<std::string, Name>;
  using Bearers = std::map<std::string, std::shared_ptr<Node>>;

  Result<std::shared_ptr<Node>> make_file(const std::string& path);
  void forget_all_unwritten();
  Status begin_operation(const std::string& path, const char* operation);
  Status sync(Node& node, const std::string& path);
  void misread_if_due(const std::string& path, uint64_t offset, size_t size, char* target);
  /// Of `size` bytes that an operation which began so writes, how many it writes.
  size_t part_written(size_t size) const;
  std::shared_ptr<Node> find(const std::string& path) const;
  Result<std::shared_ptr<Node>> find_file(const std::string& path, const char* operation) const;
  Status check_parent(const std::string& path, const char* operation) const;
  void apply(const Bearers& bearers);
  static void apply_to(Change& names, const Change& change);
  void lose_power(std::optional<uint64_t> seed);

  mutable std::mutex mutex_;
  Change names_;
  Change durable_names_;
  std::vector<Change> pending_;  // changes of names, in order, that no sync_directory has kept whole
  std::map<std::string, const Lock*> locks_;

  uint64_t operation_count_ = 0;
  uint64_t bytes_read_ = 0;
  std::optional<uint64_t> fail_at_;
  Errc fail_code_ = Errc::io_error;
  std::optional<uint64_t> stop_at_;
  std::optional<uint64_t> forget_at_;
  std::optional<uint64_t> vanish_at_;
  std::string vanishing_;
  /// What is still to be seen before a failure is counted down.
  struct Aim {
    std::string part;
    uint64_t after = 0;
    bool stops = false;
  };
  std::optional<Aim> aim_;
  struct DueMisread {
    uint64_t after = 0;
    Misread kind = Misread::flipped_bit;
    uint64_t choice = 0;
  };
  std::optional<DueMisread> misread_;
  bool is_stopped_ = false;
  std::string last_failure_;
  uint64_t room_ = UINT64_MAX;
};

}  // namespace coppice::engine
