// The bytes of a value file, and when a reader accepts them.
#pragma once

#include "engine/table/table_format.hpp"

namespace coppice::engine {

/// Values that are kept apart from their keys, so that merging keys does not write them again. Written once, front to back, and
/// never changed. Integers are little-endian.
///
///     +--------+--------+-- --+--------+--------+
///     | value  | value  | ... | value  | footer |
///     +--------+--------+-- --+--------+--------+
///
/// Each value is a block as tables have them (table_format.hpp): payload, compression, checksum, seeded by the file's unique id
/// and the block's offset, so that no value from another place passes for it. Tables refer to it: see value_ref.hpp.
///
/// The footer:
///
///     offset  size  meaning
///     0       8     unique id
///     8       8     count of values
///     16      4     flags; bit 0: values are encrypted
///     20      8     id of the key that the values are encrypted with; 0 if they are not
///     28      16    salt that the file's own key was derived with; zeros if they are not
///     44      4     zero
///     48      8     checksum of bytes 0..47, seeded by the format version
///     56      4     format version
///     60      4     zero
///     64      8     magic
///
/// A footer is valid if and only if
///   1. the magic is kValueMagic;
///   2. the checksum is right, and the bytes said to be zero are;
///   3. the format version is kValueVersion, and no unknown flag is set (else it is refused as unsupported, not as corruption);
///   4. the unique id, the key and the file's size are those that the manifest names;
///   5. it names a key if and only if the flag says that values are encrypted.
///
/// What is not valid is corruption: an error that names the file and the offset.
struct ValueFooter {
  uint64_t unique_id = 0;
  uint64_t count = 0;
  Seal seal = {};

  bool operator==(const ValueFooter&) const = default;
};

inline constexpr size_t kValueFooterSize = 72;
inline constexpr uint64_t kValueMagic = 0x65756c6176706f63;  // "copvalue"
inline constexpr uint32_t kValueVersion = 1;

Bytes encode_value_footer(const ValueFooter& footer);
/// Checks conditions 1 to 3, and 5. The text of an error says what is wrong; the file and the offset are the caller's to add.
/// Requires: `bytes` has kValueFooterSize bytes.
Result<ValueFooter> decode_value_footer(ByteView bytes);

/// What the manifest says of a value file.
struct ValueFileMeta {
  /// Names the file: see io/file_names.hpp.
  uint64_t number = 0;
  uint64_t file_size = 0;
  /// Kept when several trees share the file.
  uint64_t unique_id = 0;
  /// Of the key it is encrypted with; 0: it is not.
  uint64_t key_id = 0;
  /// It lies in the tree's cold directory.
  bool cold = false;

  /// Of the values and what frames them.
  uint64_t values_size() const { return file_size - kValueFooterSize; }
  bool operator==(const ValueFileMeta&) const = default;
};

}  // namespace coppice::engine
