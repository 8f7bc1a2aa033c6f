// How a log lies on the disk: a header, then records. engine/FORMAT.md has the tables and the conditions
// under which a reader accepts them; the manifest is framed in the same way.
#pragma once

#include <array>
#include <span>

#include "schema/types.hpp"

namespace coppice::engine {

inline constexpr uint32_t kLogFormatVersion = 1;
/// Records begin at multiples of this.
inline constexpr size_t kLogAlignment = 8;
inline constexpr size_t kLogHeaderSize = 40;
inline constexpr size_t kRecordHeaderSize = 24;
/// Of a record's payload: a batch over several shards, with all of its parts, fits.
inline constexpr size_t kRecordPayloadMax = 256 << 20;

/// Written to disk: never renumber.
enum class RecordKind : uint8_t {
  batch = 1,     // The bytes of a Batch.
  spanning = 2,  // This tree's part of a batch over several shards, and all other parts.
  edit = 3,      // An Edit of manifest.capnp; in manifests only.
  close = 4,     // The log was ended on purpose: nothing comes behind.
};

struct LogHeader {
  /// The number in the file's name; 0 for a manifest.
  uint64_t number = 0;
  /// Random; the seed of every record's checksum, so that no record of another file is taken for ours.
  uint64_t salt = 0;
};

struct RecordHeader {
  uint64_t checksum = 0;
  uint32_t payload_size = 0;
  RecordKind kind = RecordKind::batch;
  Timestamp commit;
};

std::array<char, kLogHeaderSize> encode_log_header(const LogHeader& header);

/// Of the kLogHeaderSize bytes at the front of `bytes`. unsupported: a newer format; corruption: anything else
/// that is no header. `name` is the file's, for the message.
Result<LogHeader> decode_log_header(ByteView bytes, const std::string& name);

/// The 24 bytes before a payload, checksum included. Requires: the pieces are the whole payload.
std::array<char, kRecordHeaderSize> encode_record_header(uint64_t salt, RecordKind kind, Timestamp commit,
                                                         std::span<const ByteView> payload);

/// A record that lies whole and unharmed at the front of `bytes`, or nothing.
struct Record {
  RecordKind kind = RecordKind::batch;
  Timestamp commit;
  /// Lifetime: of the bytes it was found in.
  ByteView payload;
  /// With its header and padding.
  size_t size = 0;
};
std::optional<Record> find_record(uint64_t salt, ByteView bytes);

constexpr size_t aligned(size_t size) { return (size + kLogAlignment - 1) / kLogAlignment * kLogAlignment; }

}  // namespace coppice::engine
