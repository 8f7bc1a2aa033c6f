// A small file that is written whole and read whole: a checked frame around bytes that evolve by themselves.
#pragma once

#include "engine/io/file.hpp"

namespace coppice::engine {

// Fixed integers are little-endian.
//
//   offset  size  meaning
//        0     8  magic: says what the file is
//        8     4  version of the frame and of what is in it
//       12     4  size of the payload
//       16     8  XXH3-64 of the payload, seeded by XXH3-64 of bytes 0 to 15
//       24     -  the payload
//
// A file is valid if and only if
//   1. it has at least 24 bytes and at most 24 + `payload_size_max`,
//   2. its magic is the one asked for,
//   3. its version is the one asked for (a higher one: unsupported),
//   4. the payload ends where the file ends,
//   5. the checksum matches.
// When one fails nothing of the file is used: corruption, naming the file.

struct Frame {
  /// 8 characters.
  ByteView magic;
  uint32_t version = 1;
  size_t payload_size_max = 16 << 20;
};

/// Durable: on success. A crash leaves the old file or the new. Blocks: on the disk.
Status write_framed(FileSystem& files, const std::string& path, const Frame& frame, ByteView payload);

/// The payload; not_found, corruption, unsupported or io_error. Blocks: on the disk.
Result<Bytes> read_framed(FileSystem& files, const std::string& path, const Frame& frame);

}  // namespace coppice::engine
