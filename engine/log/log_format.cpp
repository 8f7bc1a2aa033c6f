#include "engine/log/log_format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

// "COPPLOG" and a zero.
constexpr uint64_t kMagic = 0x00474f4c50504f43;

struct FileHeader {
  uint64_t magic;
  uint32_t format_version;
  uint32_t reserved;
  uint64_t number;
  uint64_t salt;
  uint64_t checksum;  // of the bytes before it
};
static_assert(sizeof(FileHeader) == kLogHeaderSize && std::has_unique_object_representations_v<FileHeader>);

struct RecordHeader {
  uint64_t checksum;  // of the header behind it, the payload and the padding, seeded by the salt; never 0
  uint32_t payload_size;
  uint8_t kind;
  uint8_t unsynced[3];  // little-endian, in units of kRecordAlignment
  uint64_t commit;
};
static_assert(sizeof(RecordHeader) == kRecordHeaderSize &&
              std::has_unique_object_representations_v<RecordHeader>);

ByteView bytes_of(const auto& value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

uint64_t header_checksum(const FileHeader& header) {
  return checksum(bytes_of(header).substr(0, offsetof(FileHeader, checksum)), 0);
}

uint64_t record_checksum(uint64_t salt, ByteView record) {
  const uint64_t sum = checksum(record.substr(sizeof(uint64_t)), salt);
  return sum == 0 ? 1 : sum;
}

constexpr size_t aligned(size_t size) {
  return (size + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

constexpr uint64_t kUnsyncedUnknown = 0xffffff;

bool is_known(uint8_t kind) {
  return kind >= static_cast<uint8_t>(RecordKind::batch) && kind <= static_cast<uint8_t>(RecordKind::close);
}

}  // namespace

Bytes encode_log_header(const LogHeader& header) {
  FileHeader raw{kMagic, kLogFormatVersion, 0, header.number, header.salt, 0};
  raw.checksum = header_checksum(raw);
  return Bytes(bytes_of(raw));
}

Result<LogHeader> decode_log_header(ByteView bytes, const std::string& name) {
  const auto damaged = [&](const char* what) {
    return Error{Errc::corruption, name + ": offset 0: " + what};
  };
  if (bytes.size() < kLogHeaderSize) return damaged("the file ends within its header");
  const auto raw = load_fixed<FileHeader>(bytes.data());
  if (raw.magic != kMagic) return damaged("this is no log or manifest of ours");
  if (raw.checksum != header_checksum(raw)) return damaged("the header's checksum does not match");
  if (raw.format_version > kLogFormatVersion)
    return Error{Errc::unsupported, name + ": has format version " + std::to_string(raw.format_version) +
                                        ", and this build reads up to " + std::to_string(kLogFormatVersion) +
                                        ": upgrade coppice to open it"};
  if (raw.format_version == 0 || raw.reserved != 0) return damaged("the header holds values never written");
  return LogHeader{raw.number, raw.salt};
}

size_t record_size(size_t payload_size) {
  COPPICE_CHECK(payload_size <= kRecordPayloadMax);
  return aligned(kRecordHeaderSize + payload_size);
}

void write_record(std::span<char> target, uint64_t salt, RecordKind kind, Timestamp commit,
                  std::span<const ByteView> payload, std::optional<uint64_t> unsynced) {
  size_t payload_size = 0;
  for (ByteView piece : payload)
    payload_size += piece.copy(target.data() + kRecordHeaderSize + payload_size, piece.size());
  COPPICE_CHECK(record_size(payload_size) == target.size());

  const uint64_t units =
      unsynced ? std::min(aligned(*unsynced) / kRecordAlignment, kUnsyncedUnknown) : kUnsyncedUnknown;
  RecordHeader header{0, static_cast<uint32_t>(payload_size), static_cast<uint8_t>(kind), {}, commit.raw};
  for (size_t i = 0; i < std::size(header.unsynced); ++i)
    header.unsynced[i] = static_cast<uint8_t>(units >> (8 * i));
  std::memcpy(target.data(), &header, sizeof(header));
  header.checksum = record_checksum(salt, {target.data(), target.size()});
  store_fixed(target.data(), header.checksum);
}

std::optional<size_t> find_record_size(ByteView header) {
  if (header.size() < kRecordHeaderSize) return std::nullopt;
  const auto raw = load_fixed<RecordHeader>(header.data());
  if (raw.checksum == 0 || raw.payload_size > kRecordPayloadMax || !is_known(raw.kind)) return std::nullopt;
  return record_size(raw.payload_size);
}

std::optional<Record> decode_record(uint64_t salt, ByteView bytes) {
  COPPICE_CHECK(bytes.size() >= kRecordHeaderSize);
  const auto raw = load_fixed<RecordHeader>(bytes.data());
  if (raw.checksum != record_checksum(salt, bytes)) return std::nullopt;
  uint64_t units = 0;
  for (size_t i = 0; i < std::size(raw.unsynced); ++i) units |= uint64_t{raw.unsynced[i]} << (8 * i);
  std::optional<uint64_t> unsynced;
  if (units != kUnsyncedUnknown) unsynced = units * kRecordAlignment;
  return Record{static_cast<RecordKind>(raw.kind), Timestamp{raw.commit}, unsynced,
                bytes.substr(kRecordHeaderSize, raw.payload_size)};
}

}  // namespace coppice::engine
