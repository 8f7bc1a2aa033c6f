// The bytes of a table file, and when a reader accepts them.
#pragma once

#include <optional>
#include <vector>

#include "engine/cursor/entry.hpp"
#include "engine/secrecy/cipher.hpp"
#include "engine/table/table_meta.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

/// A table is written once, front to back, and never changed. Integers are little-endian.
///
///     +-------------------+
///     | dictionary        |  absent unless data blocks are compressed with one; among them
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
///                       and then its compressed bytes; in an encrypted table that, sealed with kTagSize bytes
///                       more (see Cipher): at the block's offset, marked with the compression
///     n           1     compression (enum Compression)
///     n + 1       8     checksum of the n + 1 bytes before it, seeded by block_seed(unique id, offset)
///
/// A block is valid if and only if
///   1. it lies, trailer and all, before the footer;
///   2. its checksum is right, which no block of another table or from another place has;
///   3. its compression is one we know, and with a dictionary only if the table has one;
///   4. compressed, it says a size of at most kPayloadSizeMax, and decompresses to just so many bytes.
///
/// The payloads:
///   - data block, index page: entries; see block_builder.hpp. The key of an index entry is a separator: no
///     smaller than the last position below it, smaller than the first position behind that; see index_builder.hpp. Its value is a
///     BlockHandle. A page is of level 1 if its children are data blocks, of level n + 1 if they are pages of
///     level n; the footer's height is the root's level.
///   - filter: see bloom.hpp; with kTableFilterPartitioned, the head of one, see filter_parts.hpp.
///   - dictionary: see compression.hpp; not compressed.
///   - range deletes: for each, in order of its begin: commit u64, unbounded u8 (0 or 1), begin and end, each
///     behind its size as a varint.
///   - properties: entry, delete and range delete counts, oldest and newest commit, each u64; whether the bounds
///     have an end (u8, 0 or 1); begin and end, each behind its size as a varint; and for each value file that entries refer to, by
///     ascending numbers, its number and how many of its bytes they use, both varints. With kTableTimed the last 32 bytes are u64
///     each: how many entries are hidden, and when a quarter, half and all have expired.
///
/// The footer:
///
///     offset  size  meaning
///     0       12    root of the index        (a handle: offset u64, size u32; size 0: absent)
///     12      12    filter
///     24      12    range deletes
///     36      12    properties
///     48      12    dictionary
///     60      8     unique id
///     68      4     height: levels of index pages; 0: the table has no entries
///     72      4     flags (enum TableFlag)
///     76      8     id of the key that the blocks are encrypted with; 0 if they are not
///     84      16    salt that the file's own key was derived with; zeros if the blocks are not encrypted
///     100     4     zero
///     104     8     checksum of bytes 0..103, seeded by the format version
///     112     4     format version
///     116     4     zero
///     120     8     magic
///
/// Before format 3 it had no dictionary, no key and no salt, and was 40 bytes shorter: footer_size(). The flags were zero.
///
/// A footer is valid if and only if
///   1. the magic is kTableMagic;
///   2. the checksum is right, and the bytes said to be zero are;
///   3. the format version is from kTableVersionOldest to kTableVersion, and no flag is set but those of TableFlag (else it is
///      refused as unsupported, not as corruption); how blocks differ in older versions, block_upgrade.hpp says;
///   4. the unique id and the file's size are those that the manifest names;
///   5. the height is at most kHeightMax, and 0 if and only if there is no root;
///   6. there are properties; each handle lies before the footer;
///   7. it names a key if and only if the flag says that blocks are encrypted, a dictionary if and only if that flag is set, and
///      a filter if it is said to be partitioned;
///   8. it says that the table was built outside if and only if the manifest has a commit for it.
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
inline constexpr size_t kFooterSize = 128;
/// Of formats 1 and 2.
inline constexpr size_t kFooterSizeLeast = 88;
inline constexpr uint64_t kTableMagic = 0x656c626174706f63;  // "coptable"
inline constexpr uint32_t kTableVersion = 3;
inline constexpr uint32_t kTableVersionOldest = 1;
inline constexpr uint32_t kHeightMax = 32;
/// The largest value with its key, and then some.
inline constexpr size_t kPayloadSizeMax = kValueSizeMax + (size_t{2} << 20);
/// Of what an entry stores for its value; the largest is an operand.
inline constexpr size_t kStoredSizeMax = kStepsSizeMax + sizeof(uint64_t);
static_assert(kStoredSizeMax >= kValueSizeMax + kExpirySize);
static_assert(kStoredSizeMax + kKeySizeMax + (size_t{64} << 10) <= kPayloadSizeMax);

/// What is unusual about a table. Whoever does not know a flag cannot read the table.
enum TableFlag : uint32_t {
  kTableEncrypted = 1,
  kTableFilterPartitioned = 2,
  /// Properties say what is hidden, and when entries expire; the tables of builds before that do not.
  kTableTimed = 4,
  /// Data blocks may be compressed with the table's dictionary.
  kTableDictionary = 8,
  /// Built outside of a tree: each entry has the commit kOutsideCommit and is a put, one that expires, or a remove, and there are
  /// no range deletes.
  kTableOutside = 16,
};
/// Those that this program reads.
inline constexpr uint32_t kTableFlagsKnown =
    kTableEncrypted | kTableFilterPartitioned | kTableTimed | kTableDictionary | kTableOutside;

struct Footer {
  BlockHandle root;
  BlockHandle filter;
  BlockHandle range_deletes;
  BlockHandle properties;
  BlockHandle dictionary = {};
  uint64_t unique_id = 0;
  uint32_t height = 0;
  uint32_t flags = 0;
  Seal seal = {};
  uint32_t version = kTableVersion;

  /// Its data blocks and index pages are of today's layout: see block_upgrade.hpp.
  bool has_current_blocks() const { return version >= 2; }
  /// False: it names some, and the table is none that has any. What they would be is not looked at, as only a tree keeps them few.
  bool may_have_range_deletes() const { return (flags & kTableOutside) == 0 || range_deletes.absent(); }
  bool operator==(const Footer&) const = default;
};

/// In a file of this format.
inline constexpr size_t footer_size(uint32_t version) { return version < 3 ? kFooterSizeLeast : kFooterSize; }

/// Differs for every block of every table, as far as unique ids do.
uint64_t block_seed(uint64_t unique_id, uint64_t offset);

void put_handle(Bytes& target, const BlockHandle& handle);
/// Nothing if `bytes` has another size than kBlockHandleSize.
std::optional<BlockHandle> decode_handle(ByteView bytes);

/// Of its version. Requires: dictionary, flags and seal say nothing before format 3.
Bytes encode_footer(const Footer& footer);
/// Checks conditions 1 to 3 and 5 to 7. The text of an error says which part is wrong; file and offset are the
/// caller's to add. Requires: `bytes` are the last kFooterSize of a file of `file_size` bytes, or all of it if it has fewer, but
/// at least kFooterSizeLeast.
Result<Footer> decode_footer(ByteView bytes, uint64_t file_size);

/// What a table with kTableTimed says of itself: `meta` without the file's number and size, and without the unique id.
Bytes encode_properties(const TableMeta& meta);
/// `flags`: the footer's. Nothing if `bytes` are not exactly one encoding.
std::optional<TableMeta> decode_properties(ByteView bytes, uint32_t flags);

Bytes encode_range_deletes(const std::vector<RangeDelete>& range_deletes);
/// Nothing if `bytes` are not exactly one encoding of at least one, each of them holding a key.
std::optional<std::vector<RangeDelete>> decode_range_deletes(ByteView bytes);

}  // namespace coppice::engine
