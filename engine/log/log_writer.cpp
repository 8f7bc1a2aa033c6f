#include "engine/log/log_writer.hpp"

namespace coppice::engine {

// One large group must not keep its buffer for ever.
constexpr size_t kBufferKeptMax = 1 << 20;

Status LogSync::run() {
  COPPICE_TRY(handed_over_);
  return file_->sync();
}

Result<LogWriter> LogWriter::begin(FileSystem& files, const std::string& path, const LogHeader& header) {
  COPPICE_TRY_ASSIGN(file, files.create(path));
  LogWriter writer(std::move(file), path, header.salt, kLogHeaderSize);
  append_log_header(writer.buffer_, header);
  COPPICE_TRY(writer.hand_over());
  return writer;
}

Result<LogWriter> LogWriter::resume(FileSystem& files, const std::string& path, const LogHeader& header,
                                    uint64_t keep) {
  COPPICE_CHECK(keep >= kLogHeaderSize);
  COPPICE_CHECK(keep % kRecordAlignment == 0);
  COPPICE_TRY_ASSIGN(file, files.reopen(path, keep));
  COPPICE_TRY(file->sync());
  LogWriter writer(std::move(file), path, header.salt, keep);
  writer.synced_ = keep;
  return writer;
}

void LogWriter::add(RecordKind kind, Timestamp commit, std::span<const ByteView> payload) {
  const size_t before = buffer_.size();
  append_record(buffer_, salt_, kind, commit, payload, size_ - synced_);
  size_ += buffer_.size() - before;
}

Status LogWriter::hand_over() {
  COPPICE_TRY(refusal());
  if (buffer_.empty()) return success();
  broken_ = true;
  COPPICE_TRY(file_->append(buffer_));
  broken_ = false;
  buffer_.clear();
  if (buffer_.capacity() > kBufferKeptMax) buffer_.shrink_to_fit();
  return success();
}

LogSync LogWriter::plan_sync() {
  planned_ = size_;
  return {file_, hand_over()};
}

Status LogWriter::install_sync(const Status& outcome) {
  // A second fsync may report success for pages that the kernel dropped after the first one failed, so one
  // failure is final.
  if (outcome.ok()) {
    synced_ = planned_;
  } else {
    broken_ = true;
  }
  return outcome;
}

Status LogWriter::sync() { return install_sync(plan_sync().run()); }

Status LogWriter::close() {
  add(RecordKind::close, kTimestampMin, {});
  return sync();
}

Status LogWriter::refusal() const {
  if (!broken_) return success();
  return Error{Errc::io_error, path_ +
                                   ": an earlier write failed, so nothing is known about the end of the "
                                   "file: open the directory again to recover"};
}

}  // namespace coppice::engine
