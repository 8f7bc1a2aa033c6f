#include "engine/log/log_writer.hpp"

#include <algorithm>

namespace coppice::engine {

Status LogSync::run() {
  COPPICE_TRY(before_);
  for (const auto& file : files_) COPPICE_TRY(file->sync());
  return success();
}

Result<LogWriter> LogWriter::begin(FileSystem& files, const std::string& path, const LogHeader& header) {
  COPPICE_TRY_ASSIGN(file, files.create_log(path));
  const Bytes bytes = encode_log_header(header);
  COPPICE_TRY_ASSIGN(target, file->reserve(bytes.size()));
  bytes.copy(target, bytes.size());
  COPPICE_TRY(file->commit(bytes.size()));
  return LogWriter(std::move(file), path, header);
}

namespace {

/// That what was written once more is what was read before.
Status check_front(FileSystem& files, const std::string& path, const LogHeader& header,
                   const LogFront& front) {
  COPPICE_TRY_ASSIGN(reader, LogReader::open(files, path, header, front.synced));
  for (;;) {
    const auto record = reader.next();
    if (record.ok() && *record) continue;
    if (record.ok() && reader.end_offset() == front.size) return success();
    if (!record.ok() && record.error().code != Errc::corruption) return record.status();
    return Error{Errc::io_error,
                 path +
                     ": what an earlier sync could not write is there no more, as the system kept it in "
                     "memory only: open the tree again"};
  }
}

}  // namespace

Result<LogWriter> LogWriter::resume(FileSystem& files, const std::string& path, const LogHeader& header,
                                    const LogFront& front) {
  COPPICE_CHECK(front.size >= header.size());
  COPPICE_CHECK(front.size % record_alignment(header) == 0);
  COPPICE_TRY_ASSIGN(file, files.reopen_log(path, {.size = front.size, .synced = front.synced.offset}));
  COPPICE_TRY(file->sync());
  COPPICE_TRY(check_front(files, path, header, front));
  LogWriter writer(std::move(file), path, header);
  writer.size_ = front.size;
  writer.synced_ = front.size;
  writer.resumed_ = true;
  return writer;
}

Status LogWriter::make_room(size_t size) {
  COPPICE_TRY(refusal());
  return file_->reserve(size).status();
}

Status LogWriter::add(RecordKind kind, Timestamp commit, std::span<const ByteView> payload) {
  COPPICE_TRY(refusal());
  COPPICE_CHECK(!resumed_ || key_id() == 0 || kind == RecordKind::close);
  size_t payload_size = 0;
  for (ByteView piece : payload) payload_size += piece.size();
  const size_t room = payload_size + kRecordFrameSizeMax;
  COPPICE_TRY_ASSIGN(target, file_->reserve(room));
  RecordContent content{kind, commit, std::nullopt, payload};
  if (earlier_.empty()) content.synced = synced_;
  const size_t size = write_record({target, room}, header_, {size_, before_}, content);
  broken_ = true;
  COPPICE_TRY(file_->commit(size));
  broken_ = false;
  if (has_commit(kind)) before_ = commit;
  size_ += size;
  return success();
}

LogSync LogWriter::plan_sync() {
  planned_ = size_;
  planned_earlier_ = earlier_.size();
  std::vector<std::shared_ptr<LogFile>> files;
  files.reserve(earlier_.size() + 1);
  for (const Earlier& one : earlier_) files.push_back(one.file);
  files.push_back(file_);
  return LogSync(std::move(files), refusal());
}

Status LogWriter::install_sync(const Status& outcome) {
  // A second fsync may report success for pages that the kernel dropped after the first one failed, so one
  // failure is final.
  if (outcome.ok()) {
    synced_ = planned_;
    earlier_.erase(earlier_.begin(), earlier_.begin() + static_cast<std::ptrdiff_t>(planned_earlier_));
    planned_earlier_ = 0;
  } else {
    broken_ = true;
  }
  return outcome;
}

Status LogWriter::sync() { return install_sync(plan_sync().run()); }

void LogWriter::follow(LogWriter earlier) {
  COPPICE_CHECK(size_ == header_.size());
  COPPICE_CHECK(earlier_.empty());
  broken_ = broken_ || earlier.broken_;
  earlier_ = std::move(earlier.earlier_);
  earlier_.push_back({earlier.number(), std::move(earlier.file_)});
}

void LogWriter::release(uint64_t number) {
  const auto found = std::ranges::find(earlier_, number, &Earlier::number);
  if (found == earlier_.end()) return;
  if (static_cast<size_t>(found - earlier_.begin()) < planned_earlier_) --planned_earlier_;
  earlier_.erase(found);
}

bool LogWriter::follows(uint64_t number) const {
  return std::ranges::find(earlier_, number, &Earlier::number) != earlier_.end();
}

std::vector<std::pair<uint64_t, std::shared_ptr<LogFile>>> LogWriter::earlier_files() const {
  std::vector<std::pair<uint64_t, std::shared_ptr<LogFile>>> files;
  for (const Earlier& one : earlier_) files.emplace_back(one.number, one.file);
  return files;
}

Status LogWriter::close() {
  COPPICE_TRY(seal());
  return end();
}

Status LogWriter::end() {
  COPPICE_TRY(refusal());
  broken_ = true;
  COPPICE_TRY(file_->cut());
  broken_ = false;
  return sync();
}

Status LogWriter::refusal() const {
  if (!broken_) return success();
  return Error{Errc::io_error, path_ +
                                   ": an earlier write failed, so nothing is known about the end of the "
                                   "file: open the directory again to recover"};
}

}  // namespace coppice::engine
