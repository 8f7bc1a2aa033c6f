// A record of a log, to and from bytes.
#pragma once

#include <optional>
#include <span>

#include "engine/log/log_format.hpp"

namespace coppice::engine {

/// Of a record's payload: a batch over several shards, with all of its parts, fits.
inline constexpr size_t kRecordPayloadMax = 256 << 20;
/// What a record takes beside its payload, at most, with what encryption adds; the size of a record is known from so many
/// bytes of it.
inline constexpr size_t kRecordFrameSizeMax = 33 + kTagSize;

/// Written to disk: never renumber.
enum class RecordKind : uint8_t {
  batch = 1,     // The bytes of a Batch.
  spanning = 2,  // This tree's part of a batch over several shards, and all other parts.
  edit = 3,      // An Edit of manifest.capnp; in manifests only.
  close = 4,     // The log was ended on purpose: nothing comes behind.
};

/// Edits and close records have none.
constexpr bool has_commit(RecordKind kind) {
  return kind == RecordKind::batch || kind == RecordKind::spanning;
}

/// Where a record stands in its log.
struct RecordPlace {
  /// Where it begins.
  uint64_t offset = 0;
  /// The commit of the last one before it that has one; nothing: there is none, or it is not known.
  std::optional<Timestamp> before;
};

/// `payload` may come in pieces, so that its owner need not join them.
struct RecordContent {
  RecordKind kind = RecordKind::batch;
  /// kTimestampMin if the kind has none.
  Timestamp commit;
  /// When it is written, this much of the file is known to be on the disk, and all earlier logs are; nothing: they are not.
  /// Requires: the size of the header, to offset.
  std::optional<uint64_t> synced;
  std::span<const ByteView> payload;
};

/// Puts a record to the front of `target`; how many bytes it takes.
/// Requires: `target` has room for the payload, of at most kRecordPayloadMax bytes, and kRecordFrameSizeMax more, all zeros.
/// Of an encrypted log the payload never stands there in plain. Requires as well, then: nothing that was encrypted ever stood
/// at this place of this file.
size_t write_record(std::span<char> target, const LogHeader& log, const RecordPlace& place,
                    const RecordContent& content);

/// What the first bytes of a record say of it.
struct RecordFront {
  size_t size = 0;
  /// They have a checksum of their own, and it is right: until `size` is over no other record begins.
  bool sure = false;
};
/// Nothing if no record begins so; the record's own checksum is not looked at. `bytes`: kRecordFrameSizeMax, or as many as the
/// file has.
std::optional<RecordFront> read_record_front(const LogHeader& log, ByteView bytes);

struct Record {
  RecordKind kind = RecordKind::batch;
  Timestamp commit;
  /// No more than was said, and nothing also if it was less than the record can say.
  std::optional<uint64_t> synced;
  /// As it stands in the file: see open_payload(). Lifetime: of the bytes it was found in.
  ByteView payload;
};
/// The record that fills `bytes` whole, if it is unharmed. Requires: read_record_front(log, bytes) gave their size.
std::optional<Record> decode_record(const LogHeader& log, const RecordPlace& place, ByteView bytes);

/// The payload of `record`, which decode_record() made of `bytes`, in plain: in `buffer` if it was encrypted. Nothing: it is
/// not what was encrypted at this place. Lifetime: of the bytes, or of the buffer.
std::optional<ByteView> open_payload(const LogHeader& log, const RecordPlace& place, ByteView bytes,
                                     const Record& record, Bytes& buffer);

/// Records begin at multiples of this.
size_t record_alignment(const LogHeader& log);

}  // namespace coppice::engine
