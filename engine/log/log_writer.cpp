#include "engine/log/log_writer.hpp"

namespace coppice::engine {

Status LogSync::run() {
  COPPICE_TRY(before_);
  return file_->sync();
}

Result<LogWriter> LogWriter::begin(FileSystem& files, const std::string& path, const LogHeader& header) {
  COPPICE_TRY_ASSIGN(file, files.create_log(path));
  const Bytes bytes = encode_log_header(header);
  COPPICE_TRY_ASSIGN(target, file->reserve(bytes.size()));
  bytes.copy(target, bytes.size());
  COPPICE_TRY(file->commit(bytes.size()));
  return LogWriter(std::move(file), path, header.salt);
}

Result<LogWriter> LogWriter::resume(FileSystem& files, const std::string& path, const LogHeader& header,
                                    uint64_t keep) {
  COPPICE_CHECK(keep >= kLogHeaderSize);
  COPPICE_CHECK(keep % kRecordAlignment == 0);
  COPPICE_TRY_ASSIGN(file, files.reopen_log(path, keep));
  COPPICE_TRY(file->sync());
  LogWriter writer(std::move(file), path, header.salt);
  writer.size_ = keep;
  writer.synced_ = keep;
  return writer;
}

Status LogWriter::add(RecordKind kind, Timestamp commit, std::span<const ByteView> payload) {
  COPPICE_TRY(refusal());
  size_t payload_size = 0;
  for (ByteView piece : payload) payload_size += piece.size();
  const size_t size = record_size(payload_size);
  broken_ = true;
  COPPICE_TRY_ASSIGN(target, file_->reserve(size));
  write_record({target, size}, salt_, kind, commit, payload, size_ - synced_);
  COPPICE_TRY(file_->commit(size));
  broken_ = false;
  size_ += size;
  return success();
}

LogSync LogWriter::plan_sync() {
  planned_ = size_;
  return {file_, refusal()};
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
  COPPICE_TRY(add(RecordKind::close, kTimestampMin, {}));
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
