// Appends records to a log file. The format is in log_format.hpp.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/io/file.hpp"
#include "engine/log/log_format.hpp"

namespace coppice::engine {

/// Makes durable what a log writer held when it gave this out. Made by LogWriter::plan_sync().
/// Threads: run() on any one thread, while the writer goes on appending.
class LogSync {
public:
  LogSync(LogSync&&) noexcept = default;
  LogSync& operator=(LogSync&&) noexcept = default;
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;
  ~LogSync() = default;

  /// Hand what it returns to the log's owner, whatever it is. Blocks: on the disk.
  Status run();

private:
  friend class LogWriter;
  LogSync(std::shared_ptr<AppendFile> file, Status handed_over)
      : file_(std::move(file)), handed_over_(std::move(handed_over)) {}

  // Shared with the writer, which may be closed before the sync has run.
  std::shared_ptr<AppendFile> file_;
  Status handed_over_;
};

/// After an append or a sync has failed nothing is known about the tail of the file, so the log writer
/// refuses everything from then on; recovery decides what survived.
class LogWriter {
public:
  /// Begins a new file with `header`, whose salt is random. Durable: not before a sync.
  static Result<LogWriter> begin(FileSystem& files, const std::string& path, const LogHeader& header);
  /// Goes on behind the last record of a log that was read whole; cuts off what lies behind `keep`.
  /// Durable: what is kept.
  static Result<LogWriter> resume(FileSystem& files, const std::string& path, const LogHeader& header,
                                  uint64_t keep);

  /// Puts a record behind those added since the last hand_over(), in memory.
  /// `payload` may come in pieces, so that its owner need not join them.
  void add(RecordKind kind, Timestamp commit, std::span<const ByteView> payload);
  /// Durable: `buffered`, on success, every record added. One append for all of them.
  Status hand_over();
  /// Of records added and not handed over.
  size_t waiting() const { return buffer_.size(); }

  /// Hands over; what the value's run() returns must be told to install_sync(). Durable: on its success,
  /// every record added before.
  LogSync plan_sync();
  Status install_sync(const Status& outcome);
  /// plan_sync, run and install_sync at once. Blocks: on the disk.
  Status sync();

  /// Writes the close record and syncs; nothing may be added afterwards. Blocks: on the disk.
  Status close();

  /// Bytes, with those not handed over.
  uint64_t size() const { return size_; }
  bool broken() const { return broken_; }
  const std::string& path() const { return path_; }

private:
  LogWriter(std::shared_ptr<AppendFile> file, std::string path, uint64_t salt, uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), salt_(salt), size_(size) {}

  Status refusal() const;

  std::shared_ptr<AppendFile> file_;
  std::string path_;
  uint64_t salt_;
  uint64_t size_;
  Bytes buffer_;
  bool broken_ = false;
  // A sync has succeeded for all before synced_; the one planned last is for all before planned_.
  uint64_t synced_ = kLogHeaderSize;
  uint64_t planned_ = kLogHeaderSize;
};

}  // namespace coppice::engine
