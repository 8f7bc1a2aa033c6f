// A small file that is written whole and read whole: a checked frame around bytes that evolve by themselves.
#pragma once

#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"

namespace coppice::engine {

// Fixed integers are little-endian.
//
//   offset  size  meaning
//        0     8  magic: says what the file is
//        8     4  version of the frame and of what is in it; bit 31: the payload is encrypted
//       12     4  size of the payload
//       16     8  XXH3-64 of the payload, seeded by XXH3-64 of bytes 0 to 15
//       24     -  the payload
//
// An encrypted payload is the key's id (8 bytes), a salt (16) and what is sealed with them (see Cipher), at offset 0, under
// FileUse::frame.
//
// A file is valid if and only if
//   1. it has at least 24 bytes and at most 24 + `payload_size_max`,
//   2. its magic is the one asked for,
//   3. its version is the one asked for (a higher one: unsupported),
//   4. the payload ends where the file ends,
//   5. the checksum matches,
//   6. encrypted, it opens.
// When one fails nothing of the file is used: corruption, naming the file.

struct Frame {
  /// 8 characters.
  ByteView magic;
  uint32_t version = 1;
  size_t payload_size_max = 16 << 20;
};

/// Encrypted with the current one of `keys`, if any. Durable: on success. A crash leaves the old file or the new. Blocks: on the
/// disk.
Status write_framed(FileSystem& files, const std::string& path, const Frame& frame, ByteView payload,
                    const KeyRing& keys);

struct FramedFile {
  Bytes payload;
  /// Of the key it is encrypted with; 0: it is not.
  uint64_t key_id = 0;
};
/// not_found, corruption, unsupported or io_error; invalid_argument: it is encrypted with a key that is not among `keys`.
/// Blocks: on the disk.
Result<FramedFile> read_framed(FileSystem& files, const std::string& path, const Frame& frame,
                               const KeyRing& keys = {});

}  // namespace coppice::engine
