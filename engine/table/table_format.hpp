// The bytes of a table file, and when a reader accepts them.
#pragma once

#include <optional>
#include <vector>

#include "engine/cursor/entry.hpp"
#include "engine/table/table_meta.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

/// A table is written once, front to back, and never changed. Integers are little-endian.
///
///     +-------------------+
///     | data blocks       |  entries in internal order; index pages of each level lie between them,
///     | and index pages   |  each behind its children, the root last
///     +-------------------+
///     | filter            |  absent if it would turn nothing away
///     | range deletes     |  absent if there are none
///     | properties        |
///     | footer            |  kFooterSize bytes, at the very end
///     +-------------------+
///
/// Everything before the footer is blocks. A BlockHandle names one by the offset and size of its stored payload:
///
///     offset      size  meaning
///     0           n     stored payload: for compression `none` the payload itself, otherwise its size as a u32
///                       and then its compressed bytes
///     n           1     compression (enum Compression)
///     n + 1       8     checksum of the n + 1 bytes before it, seeded by block_seed(unique id, offset)
///
/// A block is valid if and only if
///   1. it lies, trailer and all, before the footer;
///   2. its checksum is right, which no block of another table or from another place has;
///   3. its compression is one we know;
///   4. compressed, it says a size of at most kPayloadSizeMax, and decompresses to just so many bytes.
///
/// The payloads:
///   - data block, index page: entries; see block_builder.hpp. The key of an index entry is a separator: no
///     smaller than the last position below it, smaller than the first position behind that; see index_builder.hpp. Its value is a
///     BlockHandle. A page is of level 1 if its children are data blocks, of level n + 1 if they are pages of
///     level n; the footer's height is the root's level.
///   - filter: see bloom.hpp.
///   - range deletes: for each, in order of its begin: commit u64, unbounded u8 (0 or 1), begin and end, each
///     behind its size as a varint.
///   - properties: entry, delete and range delete counts, oldest and newest commit, each u64; whether the bounds
///     have an end (u8, 0 or 1); begin and end, each behind its size as a varint.
///
/// The footer:
///
///     offset  size  meaning
///     0       12    root of the index        (a handle: offset u64, size u32; size 0: absent)
///     12      12    filter
///     24      12    range deletes
///     36      12    properties
///     48      8     unique id
///     56      4     height: levels of index pages; 0: the table has no entries
///     60      4     zero
///     64      8     checksum of bytes 0..63, seeded by the format version
///     72      4     format version
///     76      4     zero
///     80      8     magic
///
/// A footer is valid if and only if
///   1. the magic is kTableMagic;
///   2. the checksum is right;
///   3. the format version is from kTableVersionOldest to kTableVersion (a later one is refused as unsupported, not as
///      corruption); what differs in older ones, block_upgrade.hpp says;
///   4. the unique id and the file's size are those that the manifest names;
///   5. the height is at most kHeightMax, and 0 if and only if there is no root;
///   6. there are properties; each handle lies before the footer.
///
/// What is not valid is corruption: an error that names the file and the offset.
struct BlockHandle {
  uint64_t offset = 0;
  uint32_t size = 0;

  bool absent() const { return size == 0; }
  bool operator==(const BlockHandle&) const = default;
};

inline constexpr size_t kBlockHandleSize = 12;
inline constexpr size_t kBlockTrailerSize = 9;
inline constexpr size_t kFooterSize = 88;
inline constexpr uint64_t kTableMagic = 0x656c626174706f63;  // "coptable"
inline constexpr uint32_t kTableVersion = 2;
inline constexpr uint32_t kTableVersionOldest = 1;
inline constexpr uint32_t kHeightMax = 32;
/// The largest value with its key, and then some.
inline constexpr size_t kPayloadSizeMax = kValueSizeMax + (size_t{2} << 20);

struct Footer {
  BlockHandle root;
  BlockHandle filter;
  BlockHandle range_deletes;
  BlockHandle properties;
  uint64_t unique_id = 0;
  uint32_t height = 0;
  uint32_t version = kTableVersion;

  bool operator==(const Footer&) const = default;
};

/// Differs for every block of every table, as far as unique ids do.
uint64_t block_seed(uint64_t unique_id, uint64_t offset);

void put_handle(Bytes& target, const BlockHandle& handle);
/// Nothing if `bytes` has another size than kBlockHandleSize.
std::optional<BlockHandle> decode_handle(ByteView bytes);

Bytes encode_footer(const Footer& footer);
/// Checks conditions 1 to 3, 5 and 6. The text of an error says which part is wrong; file and offset are the
/// caller's to add. Requires: `bytes` are the last kFooterSize of a file of `file_size` bytes.
Result<Footer> decode_footer(ByteView bytes, uint64_t file_size);

/// What a table says of itself: `meta` without the file's number and size, and without the unique id.
Bytes encode_properties(const TableMeta& meta);
/// Nothing if `bytes` are not exactly one encoding.
std::optional<TableMeta> decode_properties(ByteView bytes);

Bytes encode_range_deletes(const std::vector<RangeDelete>& range_deletes);
/// Nothing if `bytes` are not exactly one encoding of at least one, each of them holding a key.
std::optional<std::vector<RangeDelete>> decode_range_deletes(ByteView bytes);

}  // namespace coppice::engine
