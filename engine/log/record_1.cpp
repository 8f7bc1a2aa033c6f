#include "engine/log/record_1.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine::format_1 {
namespace {

struct RecordHeader {
  uint64_t checksum;  // of the header behind it, the payload and the padding, seeded by the salt; never 0
  uint32_t payload_size;
  uint8_t kind;
  uint8_t unsynced[3];  // little-endian, in units of kRecordAlignment
  uint64_t commit;
};
constexpr size_t kRecordHeaderSize = 24;
static_assert(sizeof(RecordHeader) == kRecordHeaderSize &&
              std::has_unique_object_representations_v<RecordHeader>);
static_assert(kRecordHeaderSize + kRecordAlignment - 1 <= kRecordFrameSizeMax);

constexpr uint64_t kUnsyncedUnknown = 0xffffff;

uint64_t record_checksum(uint64_t salt, ByteView record) {
  const uint64_t sum = checksum(record.substr(sizeof(uint64_t)), salt);
  return sum == 0 ? 1 : sum;
}

size_t record_size(size_t payload_size) {
  return (kRecordHeaderSize + payload_size + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

bool is_known(uint8_t kind) {
  return kind >= static_cast<uint8_t>(RecordKind::batch) && kind <= static_cast<uint8_t>(RecordKind::close);
}

}  // namespace

size_t write_record(std::span<char> target, uint64_t salt, uint64_t offset, const RecordContent& content) {
  size_t payload_size = 0;
  for (ByteView piece : content.payload)
    payload_size += piece.copy(target.data() + kRecordHeaderSize + payload_size, piece.size());
  const size_t size = record_size(payload_size);

  uint64_t units = kUnsyncedUnknown;
  if (content.synced)
    units = std::min((offset - *content.synced + kRecordAlignment - 1) / kRecordAlignment, kUnsyncedUnknown);
  RecordHeader header{
      0, static_cast<uint32_t>(payload_size), static_cast<uint8_t>(content.kind), {}, content.commit.raw};
  for (size_t i = 0; i < std::size(header.unsynced); ++i)
    header.unsynced[i] = static_cast<uint8_t>(units >> (8 * i));
  std::memcpy(target.data(), &header, sizeof(header));
  store_fixed(target.data(), record_checksum(salt, {target.data(), size}));
  return size;
}

std::optional<size_t> find_record_size(ByteView front) {
  if (front.size() < kRecordHeaderSize) return std::nullopt;
  const auto raw = load_fixed<RecordHeader>(front.data());
  if (raw.checksum == 0 || raw.payload_size > kRecordPayloadMax || !is_known(raw.kind)) return std::nullopt;
  return record_size(raw.payload_size);
}

std::optional<Record> decode_record(uint64_t salt, uint64_t offset, ByteView bytes) {
  COPPICE_CHECK(bytes.size() >= kRecordHeaderSize);
  const auto raw = load_fixed<RecordHeader>(bytes.data());
  if (raw.checksum != record_checksum(salt, bytes)) return std::nullopt;
  uint64_t units = 0;
  for (size_t i = 0; i < std::size(raw.unsynced); ++i) units |= uint64_t{raw.unsynced[i]} << (8 * i);
  std::optional<uint64_t> synced;
  if (units != kUnsyncedUnknown && units * kRecordAlignment <= offset)
    synced = offset - units * kRecordAlignment;
  return Record{static_cast<RecordKind>(raw.kind), Timestamp{raw.commit}, synced,
                bytes.substr(kRecordHeaderSize, raw.payload_size)};
}

}  // namespace coppice::engine::format_1
