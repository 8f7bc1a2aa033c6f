// How a log lies on the disk: a header, then records (record.hpp). engine/FORMAT.md has the tables and the conditions
// under which a reader accepts them; the manifest is framed in the same way.
#pragma once

#include "engine/secrecy/key_ring.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

/// 3: batches may hold puts that expire, and merges. Records are those of 2.
inline constexpr uint32_t kLogFormatVersion = 3;
inline constexpr size_t kLogHeaderSize = 40;
/// Of one that says how payloads are encrypted.
inline constexpr size_t kSealedLogHeaderSize = 64;

struct LogHeader {
  /// The number in the file's name; 0 for a manifest.
  uint64_t number = 0;
  /// Random; the seed of every record's checksum, so that no record of another file is taken for ours.
  uint64_t salt = 0;
  /// Of its records: a file that is gone on with keeps its own. 1..kLogFormatVersion.
  uint32_t format = kLogFormatVersion;
  /// Of payloads. Requires: today's format, if there is a cipher.
  FileSeal sealing = {};

  /// In the file, in bytes; the first record is behind it.
  size_t size() const { return sealing.seal.key_id == 0 ? kLogHeaderSize : kSealedLogHeaderSize; }
};

Bytes encode_log_header(const LogHeader& header);

/// Reads the header at the front of a file's bytes. unsupported: a newer format; corruption: anything else
/// that is no header. `name` is the file's, for the message. Of `sealing` only the seal is set. `bytes`: kSealedLogHeaderSize,
/// or as many as the file has.
Result<LogHeader> decode_log_header(ByteView bytes, const std::string& name);

}  // namespace coppice::engine
