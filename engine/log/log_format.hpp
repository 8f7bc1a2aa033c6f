// How a log lies on the disk: a header, then records. engine/FORMAT.md has the tables and the conditions
// under which a reader accepts them; the manifest is framed in the same way.
#pragma once

#include <optional>
#include <span>

#include "schema/types.hpp"

namespace coppice::engine {

inline constexpr uint32_t kLogFormatVersion = 1;
/// Records begin at multiples of this.
inline constexpr size_t kRecordAlignment = 8;
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

Bytes encode_log_header(const LogHeader& header);

/// Reads the header at the front of a file's bytes. unsupported: a newer format; corruption: anything else
/// that is no header. `name` is the file's, for the message.
Result<LogHeader> decode_log_header(ByteView bytes, const std::string& name);

/// The bytes that a record takes, with header and padding. Requires: `payload_size` <= kRecordPayloadMax.
size_t record_size(size_t payload_size);

/// Fills `target`, which is zeros, with a record. `payload` may come in pieces, so that its owner need not join
/// them. `unsynced`: all before the record, earlier logs included, was known to be on the disk when it was written, but
/// for so many bytes; nothing: none of it was.
/// Requires: `target` has record_size() bytes.
void write_record(std::span<char> target, uint64_t salt, RecordKind kind, Timestamp commit,
                  std::span<const ByteView> payload, std::optional<uint64_t> unsynced);

struct Record {
  RecordKind kind = RecordKind::batch;
  Timestamp commit;
  /// As write_record() was told; nothing also if it was more than a header can say.
  std::optional<uint64_t> unsynced;
  /// Lifetime: of the bytes it was found in.
  ByteView payload;
};

/// The bytes that a record takes whose first kRecordHeaderSize bytes these are, with header and padding;
/// nothing if no record begins so. Its checksum is not looked at.
std::optional<size_t> find_record_size(ByteView header);

/// The record that fills `bytes` whole, if it is unharmed. Requires: find_record_size(bytes) == bytes.size().
std::optional<Record> decode_record(uint64_t salt, ByteView bytes);

}  // namespace coppice::engine
