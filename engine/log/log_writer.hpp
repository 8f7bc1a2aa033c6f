// Appends records to a log file. The format is in log_format.hpp.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/log/log_reader.hpp"

namespace coppice::engine {

/// Makes durable what a log writer held when it gave this out, and before that the logs it follows. For
/// instance by LogWriter::plan_sync().
/// Threads: run() on any one thread, while the writer goes on adding.
class LogSync {
public:
  /// Nothing has to be made durable.
  LogSync() = default;
  /// `files`, oldest first, unless `before` has failed already.
  explicit LogSync(std::vector<std::shared_ptr<LogFile>> files, Status before = success())
      : files_(std::move(files)), before_(std::move(before)) {}
  LogSync(LogSync&&) noexcept = default;
  LogSync& operator=(LogSync&&) noexcept = default;
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;
  ~LogSync() = default;

  /// Hand what it returns to the log's owner, whatever it is. Blocks: on the disk.
  Status run();

private:
  // Oldest first. Shared with the writer, which may be gone before the sync has run.
  std::vector<std::shared_ptr<LogFile>> files_;
  Status before_;
};

/// A record is encoded where it stays, in memory that is the file's: there is no buffer in between, and nothing
/// to hand over.
///
/// A log may follow another that was sealed and not synced: whoever seals does not wait for the disk. A sync of the
/// later log takes the earlier along, first; if power fails before, what the later one holds is given up as well.
///
/// After an operation has failed nothing is known about the tail of the file, so the log writer refuses everything
/// from then on; recovery decides what survived. Only a failure to make room leaves the file, and the writer, as they
/// were.
class LogWriter {
public:
  /// Begins a new file with `header`, whose salt is random. Durable: not before a sync.
  static Result<LogWriter> begin(FileSystem& files, const std::string& path, const LogHeader& header);
  /// Goes on behind `front`, all that is valid of a log, and cuts off the rest. What may not be on the disk is written once more, as
  /// KeptFront says. io_error: it is no longer what was read, as the system had it in memory only and has dropped it. If the log is encrypted
  /// nothing may be added but its close record: what was cut off was encrypted for the places where others would stand now,
  /// and whoever has a copy of the disk of then would have two pieces of one nonce.
  /// Durable: what is kept.
  static Result<LogWriter> resume(FileSystem& files, const std::string& path, const LogHeader& header,
                                  const LogFront& front);

  /// So that the next records find room, if they take `size` bytes together. out_of_space leaves all as it was.
  Status make_room(size_t size);
  /// Puts a record behind the last one. `payload` may come in pieces, so that its owner need not join them.
  /// out_of_space leaves all as it was unless broken() says otherwise. Durable: `buffered`, on success.
  Status add(RecordKind kind, Timestamp commit, std::span<const ByteView> payload);

  /// What the value's run() returns must be told to install_sync(). Durable: on its success, every record added
  /// before.
  LogSync plan_sync();
  Status install_sync(const Status& outcome);
  /// plan_sync, run and install_sync at once. Blocks: on the disk.
  Status sync();

  /// Writes the close record; nothing may be added afterwards. Errors as add(). Durable: `buffered`, on success.
  Status seal() { return add(RecordKind::close, kTimestampMin, {}); }
  /// `earlier` was sealed, and this log goes on behind it. Requires: this has no records.
  void follow(LogWriter earlier);
  /// Log `number`, which this may follow, need not be kept any longer: what it holds is durable, there or elsewhere.
  void release(uint64_t number);
  /// Some sync must yet make log `number` durable.
  bool follows(uint64_t number) const;
  /// The logs that some sync must yet make durable but for the one written to, with their numbers: for who syncs
  /// them before, and then releases them.
  std::vector<std::pair<uint64_t, std::shared_ptr<LogFile>>> earlier_files() const;

  /// Ends the file behind the last record and syncs; nothing may be added afterwards. Blocks: on the disk.
  Status end();
  /// Writes the close record, and end().
  Status close();

  /// Of the header and all records, in bytes.
  uint64_t size() const { return size_; }
  bool broken() const { return broken_; }
  /// The one in the header.
  uint64_t number() const { return header_.number; }
  /// Of the key it is encrypted with; 0: it is not.
  uint64_t key_id() const { return header_.sealing.seal.key_id; }
  const std::string& path() const { return path_; }

private:
  struct Earlier {
    uint64_t number;
    std::shared_ptr<LogFile> file;
  };

  LogWriter(std::shared_ptr<LogFile> file, std::string path, const LogHeader& header)
      : file_(std::move(file)),
        path_(std::move(path)),
        header_(header),
        size_(header.size()),
        synced_(size_),
        planned_(size_) {}

  Status refusal() const;

  std::shared_ptr<LogFile> file_;
  std::string path_;
  LogHeader header_;
  uint64_t size_;
  bool broken_ = false;
  bool resumed_ = false;
  // A sync has succeeded for all before synced_; the one planned last is for all before planned_.
  uint64_t synced_;
  uint64_t planned_;
  // The commit of the last record that was added and has one.
  std::optional<Timestamp> before_;
  // Oldest first; the sync planned last takes those before planned_earlier_.
  std::vector<Earlier> earlier_;
  size_t planned_earlier_ = 0;
};

}  // namespace coppice::engine
