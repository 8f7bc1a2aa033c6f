#include "engine/log/record.hpp"

#include <algorithm>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/log/record_1.hpp"

namespace coppice::engine {
namespace {

// The first byte of a record. It is never zero, so none begins in room that was made ahead.
constexpr uint8_t kKindMask = 0x07;
constexpr uint8_t kSyncedBefore = 0x08;   // all but this log's own records is on the disk
constexpr uint8_t kSyncedThrough = 0x10;  // so is the log, but for so many bytes before the record
constexpr uint8_t kCommitWhole = 0x20;    // the commit is not the difference to the one before
constexpr uint8_t kLarge = 0x40;

// The checksum behind the first byte.
constexpr size_t kSumSize = sizeof(uint32_t);
constexpr size_t kSummedAt = 1 + kSumSize;
// A large record has a size of fixed length, and a checksum of that. A small one is soon looked through, where the
// size is that of no record.
constexpr size_t kLargeSizeMin = 4 << 10;
static_assert(kRecordFrameSizeMax ==
              kSummedAt + sizeof(uint32_t) + kSumSize + 2 * kVarint64SizeMax + kTagSize);

/// Of the part of a record that is behind its first byte, which it covers as well.
uint32_t sum(const LogHeader& log, uint8_t head, ByteView bytes) {
  return static_cast<uint32_t>(checksum(bytes, log.salt ^ uint64_t{head} << 56));
}

bool is_known(uint8_t head) {
  const uint8_t kind = head & kKindMask;
  if (kind < static_cast<uint8_t>(RecordKind::batch) || kind > static_cast<uint8_t>(RecordKind::close))
    return false;
  if ((head & kSyncedBefore) != 0 && (head & kSyncedThrough) != 0) return false;
  if ((head & kCommitWhole) != 0 && !has_commit(static_cast<RecordKind>(kind))) return false;
  return head <= (kKindMask | kSyncedBefore | kSyncedThrough | kCommitWhole | kLarge);
}

/// Nullptr: the payload of such a record stands in plain. A close record has none; it is what an earlier life's log is
/// ended with, at a place where something encrypted may have stood.
const Cipher* cipher_of(const LogHeader& log, RecordKind kind) {
  return kind == RecordKind::close ? nullptr : log.sealing.cipher.get();
}

/// What lies in front of the payload.
struct Frame {
  RecordKind kind = RecordKind::batch;
  bool large = false;
  bool commit_whole = false;
  size_t payload_size = 0;
  /// As written: a difference, unless it is whole.
  uint64_t commit = 0;
  /// Bytes before the record.
  std::optional<uint64_t> unsynced;
  bool synced_before = false;
  size_t size = 0;
};

std::optional<Frame> read_frame(const LogHeader& log, ByteView bytes) {
  if (bytes.size() <= kSummedAt) return std::nullopt;
  const auto head = static_cast<uint8_t>(bytes.front());
  if (!is_known(head)) return std::nullopt;
  Frame frame;
  frame.kind = static_cast<RecordKind>(head & kKindMask);
  frame.large = (head & kLarge) != 0;
  frame.commit_whole = (head & kCommitWhole) != 0;
  frame.synced_before = (head & kSyncedBefore) != 0;

  ByteView rest = bytes.substr(kSummedAt);
  if (frame.large) {
    const ByteView size_bytes = rest.substr(0, sizeof(uint32_t));
    const auto size = take_fixed<uint32_t>(rest);
    const auto size_sum = take_fixed<uint32_t>(rest);
    if (!size_sum || *size_sum != sum(log, head, size_bytes)) return std::nullopt;
    if (*size < kLargeSizeMin || *size > kRecordPayloadMax) return std::nullopt;
    frame.payload_size = *size;
  } else {
    const auto size = take_varint(rest);
    if (!size || *size >= kLargeSizeMin) return std::nullopt;
    frame.payload_size = static_cast<size_t>(*size);
  }
  if ((head & kSyncedThrough) != 0) {
    frame.unsynced = take_varint(rest);
    if (!frame.unsynced) return std::nullopt;
  }
  if (has_commit(frame.kind)) {
    const auto commit = take_varint(rest);
    if (!commit) return std::nullopt;
    frame.commit = *commit;
  }
  frame.size = bytes.size() - rest.size();
  return frame;
}

}  // namespace

size_t write_record(std::span<char> target, const LogHeader& log, const RecordPlace& place,
                    const RecordContent& content) {
  size_t payload_size = 0;
  for (ByteView piece : content.payload) payload_size += piece.size();
  COPPICE_CHECK(payload_size + kRecordFrameSizeMax <= target.size());
  const Cipher* const cipher = cipher_of(log, content.kind);
  if (cipher != nullptr) payload_size += kTagSize;
  COPPICE_CHECK(payload_size <= kRecordPayloadMax);
  COPPICE_CHECK(has_commit(content.kind) || content.commit == kTimestampMin);
  if (log.format == 1) return format_1::write_record(target, log.salt, place.offset, content);

  const bool synced_before = content.synced == log.size();
  const bool synced_through = content.synced && !synced_before;
  const bool commit_whole = has_commit(content.kind) && !place.before;
  const bool large = payload_size >= kLargeSizeMin;
  const auto head = static_cast<uint8_t>(
      static_cast<uint8_t>(content.kind) | (synced_before ? kSyncedBefore : 0) |
      (synced_through ? kSyncedThrough : 0) | (commit_whole ? kCommitWhole : 0) | (large ? kLarge : 0));

  char* const begin = target.data();
  char* const summed = begin + kSummedAt;
  char* at = summed;
  *begin = static_cast<char>(head);
  if (large) {
    store_fixed(at, static_cast<uint32_t>(payload_size));
    store_fixed(at + sizeof(uint32_t), sum(log, head, {at, sizeof(uint32_t)}));
    at += sizeof(uint32_t) + kSumSize;
  } else {
    at = store_varint(at, payload_size);
  }
  if (synced_through) at = store_varint(at, place.offset - *content.synced);
  if (has_commit(content.kind))
    at = store_varint(at, commit_whole ? content.commit.raw : content.commit.raw - place.before->raw);
  if (cipher != nullptr) {
    cipher->seal({place.offset, head}, {summed, static_cast<size_t>(at - summed)}, content.payload, at);
    at += payload_size;
  } else {
    for (ByteView piece : content.payload) at += piece.copy(at, piece.size());
  }
  store_fixed(begin + 1, sum(log, head, {summed, static_cast<size_t>(at - summed)}));
  return static_cast<size_t>(at - begin);
}

std::optional<RecordFront> read_record_front(const LogHeader& log, ByteView bytes) {
  if (log.format == 1) {
    const auto size = format_1::find_record_size(bytes);
    if (!size) return std::nullopt;
    return RecordFront{*size, false};
  }
  const auto frame = read_frame(log, bytes);
  if (!frame) return std::nullopt;
  return RecordFront{frame->size + frame->payload_size, frame->large};
}

std::optional<Record> decode_record(const LogHeader& log, const RecordPlace& place, ByteView bytes) {
  if (log.format == 1) return format_1::decode_record(log.salt, place.offset, bytes);
  const auto frame = read_frame(log, bytes);
  COPPICE_CHECK(frame && frame->size + frame->payload_size == bytes.size());
  const auto head = static_cast<uint8_t>(bytes.front());
  if (load_fixed<uint32_t>(bytes.data() + 1) != sum(log, head, bytes.substr(kSummedAt))) return std::nullopt;

  Record record{frame->kind, kTimestampMin, std::nullopt, bytes.substr(frame->size)};
  if (has_commit(frame->kind)) {
    if (!frame->commit_whole && !place.before) return std::nullopt;
    record.commit = Timestamp{frame->commit + (frame->commit_whole ? 0 : place.before->raw)};
  }
  if (frame->synced_before) record.synced = log.size();
  if (frame->unsynced && *frame->unsynced <= place.offset) record.synced = place.offset - *frame->unsynced;
  return record;
}

std::optional<ByteView> open_payload(const LogHeader& log, const RecordPlace& place, ByteView bytes,
                                     const Record& record, Bytes& buffer) {
  const Cipher* const cipher = cipher_of(log, record.kind);
  if (cipher == nullptr) return record.payload;
  const auto head = static_cast<uint8_t>(bytes.front());
  const ByteView said = bytes.substr(kSummedAt, bytes.size() - record.payload.size() - kSummedAt);
  buffer.resize(std::max(record.payload.size(), kTagSize) - kTagSize);
  if (!cipher->open({place.offset, head}, said, record.payload, buffer.data())) return std::nullopt;
  return buffer;
}

size_t record_alignment(const LogHeader& log) { return log.format == 1 ? format_1::kRecordAlignment : 1; }

}  // namespace coppice::engine
