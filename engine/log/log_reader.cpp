#include "engine/log/log_reader.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kWindowSize = 256 << 10;
// Looked through at a time, where room was made ahead of the records.
constexpr size_t kZerosSize = 4 << 10;

Error damage(const std::string& name, uint64_t offset, const std::string& what) {
  return Error{Errc::corruption, name + ": offset " + std::to_string(offset) + ": " + what};
}

/// Whole words of zeros that `bytes` begins with, in bytes; all of it if there is nothing else.
size_t zeros_in_front(ByteView bytes) {
  constexpr size_t kWord = sizeof(uint64_t);
  size_t size = 0;
  while (size + kWord <= bytes.size() && load_fixed<uint64_t>(bytes.data() + size) == 0) size += kWord;
  return bytes.find_first_not_of('\0', size) == ByteView::npos ? bytes.size() : size;
}

}  // namespace

LogReader::LogReader(std::unique_ptr<RandomFile> file, const LogHeader& header)
    : file_(std::move(file)), header_(header) {}

Result<LogReader> LogReader::open(FileSystem& files, const std::string& path, uint64_t number,
                                  const KeyRing& keys) {
  COPPICE_TRY_ASSIGN(file, files.open(path));
  LogReader reader(std::move(file), {});
  COPPICE_TRY_ASSIGN(front, reader.bytes_at(0, kSealedLogHeaderSize));
  COPPICE_TRY_ASSIGN(header, decode_log_header(front, path));
  if (header.number != number)
    return damage(path, 0, "the header says that this is log " + std::to_string(header.number));
  COPPICE_TRY_ASSIGN(sealing, keys.open(header.sealing.seal, FileUse::log, path));
  header.sealing = std::move(sealing);
  reader.offset_ = header.size();
  reader.header_ = std::move(header);
  return reader;
}

Result<LogReader> LogReader::open(FileSystem& files, const std::string& path, const LogHeader& header,
                                  const RecordPlace& from) {
  COPPICE_TRY_ASSIGN(file, files.open(path));
  LogReader reader(std::move(file), header);
  reader.offset_ = std::max<uint64_t>(from.offset, header.size());
  reader.before_ = from.before;
  return reader;
}

Result<std::optional<Record>> LogReader::next() {
  COPPICE_CHECK(!end_);
  if (!closed_) {
    const RecordPlace place{offset_, before_};
    COPPICE_TRY_ASSIGN(found, record_at(place));
    if (found.record) {
      if (header_.sealing.cipher != nullptr) {
        COPPICE_TRY_ASSIGN(whole, bytes_at(offset_, found.size));
        const auto payload = open_payload(header_, place, whole, *found.record, plain_);
        if (!payload) return damage(name(), offset_, "the record is not what was encrypted here");
        found.record->payload = *payload;
      }
      record_offset_ = offset_;
      if (found.record->synced && *found.record->synced >= next_synced_.offset) {
        synced_ = std::exchange(next_synced_, place);
      }
      offset_ += found.size;
      if (has_commit(found.record->kind)) before_ = found.record->commit;
      if (found.record->kind != RecordKind::close) return found.record;
      closed_ = true;
    }
  }
  COPPICE_TRY_ASSIGN(end, judge_end());
  end_ = end;
  return std::optional<Record>();
}

LogEnd LogReader::end() const {
  COPPICE_CHECK(end_);
  return *end_;
}

Result<ByteView> LogReader::bytes_at(uint64_t offset, size_t size) {
  const uint64_t rest = offset < file_->size() ? file_->size() - offset : 0;
  size = static_cast<size_t>(std::min<uint64_t>(size, rest));
  const bool inside =
      offset >= window_offset_ && offset + size <= window_offset_ + window_.size() && !window_.empty();
  if (!inside) {
    window_.resize(static_cast<size_t>(std::min<uint64_t>(std::max(size, kWindowSize), rest)));
    window_offset_ = offset;
    COPPICE_TRY(file_->read(offset, window_.size(), window_.data()));
  }
  return ByteView(window_).substr(static_cast<size_t>(offset - window_offset_), size);
}

Result<LogReader::Found> LogReader::record_at(const RecordPlace& place) {
  const Found none{std::nullopt, record_alignment(header_)};
  COPPICE_TRY_ASSIGN(bytes, bytes_at(place.offset, kRecordFrameSizeMax));
  const auto front = read_record_front(header_, bytes);
  if (!front || front->size > file_->size() - place.offset) return none;
  COPPICE_TRY_ASSIGN(whole, bytes_at(place.offset, front->size));
  const auto record = decode_record(header_, place, whole);
  if (!record && !front->sure) return none;
  return Found{record, front->size};
}

Result<LogEnd> LogReader::judge_end() {
  bool torn = false;
  for (uint64_t place = offset_; place < file_->size();) {
    COPPICE_TRY_ASSIGN(ahead, bytes_at(place, kZerosSize));
    if (const size_t zeros = zeros_in_front(ahead); zeros > 0) {
      place += zeros;
      continue;
    }
    if (closed_) return damage(name(), place, "there are bytes behind the record that closes the log");
    torn = true;
    // The commit before is not known, and that of the record not looked at.
    COPPICE_TRY_ASSIGN(found, record_at({place, kTimestampMin}));
    // Unsynced pages reach the disk in any order, so a record says nothing of those that it may have overtaken.
    if (found.record && found.record->synced && *found.record->synced > offset_)
      return damage(name(), offset_,
                    "no record can be read here, yet one lies behind, at offset " + std::to_string(place) +
                        ": restore the file, or remove the tree's directory to give its keys up");
    place += found.size;
  }
  if (closed_) return LogEnd::closed;
  return torn ? LogEnd::torn : LogEnd::open;
}

}  // namespace coppice::engine
