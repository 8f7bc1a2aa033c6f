// Reads the records of a log file and judges how it ends.
#pragma once

#include <memory>

#include "engine/io/file.hpp"
#include "engine/log/record.hpp"

namespace coppice::engine {

/// How a log that was read whole ends.
enum class LogEnd : uint8_t {
  closed,  // with a close record
  open,    // after its last record: it was never closed
  torn,  // with bytes that are no record, and none behind them that proves one: writes that a crash cut short
};

/// What is valid of a log, from its header on.
struct LogFront {
  /// Of the header and all records.
  uint64_t size = 0;
  /// Where a record begins before which all was on the disk once, as another tells. At offset 0: none does.
  RecordPlace synced;
};

/// Reads from front to back.
///
/// Bytes that are no record end a log unless a record behind them was written when they were on the disk: then they
/// were a record once, and that is corruption. So is anything behind a close record.
class LogReader {
public:
  /// Reads and checks the header. `path` must bear `number`. invalid_argument: the log is encrypted with a key that is not among
  /// `keys`.
  static Result<LogReader> open(FileSystem& files, const std::string& path, uint64_t number,
                                const KeyRing& keys = {});

  /// Reads on from a place where a record begins, or from the first one if `from` is at offset 0. `header` as it was read.
  static Result<LogReader> open(FileSystem& files, const std::string& path, const LogHeader& header,
                                const RecordPlace& from);

  /// The next record, or nothing at the end. Lifetime: until the next call.
  /// corruption names the file and the offset. Blocks: on the disk.
  Result<std::optional<Record>> next();

  /// Requires: next() has returned nothing.
  LogEnd end() const;
  /// Of the header and all records read. Requires: as end().
  uint64_t end_offset() const { return offset_; }
  /// What was read. Requires: as end().
  LogFront front() const { return {end_offset(), synced_}; }
  /// Where the record that next() returned last begins.
  uint64_t record_offset() const { return record_offset_; }
  const LogHeader& header() const { return header_; }
  const std::string& name() const { return file_->name(); }

private:
  LogReader(std::unique_ptr<RandomFile> file, const LogHeader& header);

  /// The bytes from `offset` on, `size` of them or as many as the file has.
  Result<ByteView> bytes_at(uint64_t offset, size_t size);
  /// What lies at a place: an unharmed record, or none; and how far behind the place the next may begin.
  struct Found {
    std::optional<Record> record;
    uint64_t size;
  };
  Result<Found> record_at(const RecordPlace& place);
  Result<LogEnd> judge_end();

  std::unique_ptr<RandomFile> file_;
  LogHeader header_;
  uint64_t offset_ = 0;
  uint64_t record_offset_ = 0;
  /// The commit of the last record read that has one.
  std::optional<Timestamp> before_;
  /// synced_ becomes next_synced_ once a record tells that all before that was on the disk.
  RecordPlace synced_;
  RecordPlace next_synced_;
  bool closed_ = false;
  std::optional<LogEnd> end_;
  // What the file has from window_offset_ on.
  Bytes window_;
  uint64_t window_offset_ = 0;
  // The payload of the last record, if it was encrypted.
  Bytes plain_;
};

}  // namespace coppice::engine
