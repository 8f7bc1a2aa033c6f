#include "engine/table/table_format.hpp"

#include <algorithm>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/base/random.hpp"

namespace coppice::engine {

namespace {

// Of what is hidden, and three moments: the end of the properties.
constexpr size_t kTimesSize = 4 * sizeof(uint64_t);
// Behind what the checksum is of.
constexpr size_t kFooterEndSize = 8 + 4 + 4 + 8;
static_assert(4 * kBlockHandleSize + 8 + 4 + 4 + kFooterEndSize == kFooterSizeLeast);
static_assert(5 * kBlockHandleSize + 8 + 4 + 4 + 8 + kFileSaltSize + 4 + kFooterEndSize == kFooterSize);

BlockHandle load_handle(const char* source) {
  return {load_fixed<uint64_t>(source), load_fixed<uint32_t>(source + 8)};
}

// The version seeds the checksum, so that a flipped version is told from a later one.
uint64_t footer_checksum(ByteView checked, uint32_t version) { return checksum(checked, version); }

bool lies_before(const BlockHandle& handle, uint64_t end) {
  return handle.offset <= end && handle.size + uint64_t{kBlockTrailerSize} <= end - handle.offset;
}

}  // namespace

uint64_t block_seed(uint64_t unique_id, uint64_t offset) { return mix(unique_id) ^ mix(~offset); }

void put_handle(Bytes& target, const BlockHandle& handle) {
  put_fixed<uint64_t>(target, handle.offset);
  put_fixed<uint32_t>(target, handle.size);
}

std::optional<BlockHandle> decode_handle(ByteView bytes) {
  if (bytes.size() != kBlockHandleSize) return std::nullopt;
  return load_handle(bytes.data());
}

Bytes encode_footer(const Footer& footer) {
  const bool is_short = footer_size(footer.version) == kFooterSizeLeast;
  COPPICE_CHECK(!is_short || (footer.dictionary.absent() && footer.flags == 0 && footer.seal == Seal{}));
  Bytes bytes;
  for (const BlockHandle& handle : {footer.root, footer.filter, footer.range_deletes, footer.properties})
    put_handle(bytes, handle);
  if (!is_short) put_handle(bytes, footer.dictionary);
  put_fixed<uint64_t>(bytes, footer.unique_id);
  put_fixed<uint32_t>(bytes, footer.height);
  put_fixed<uint32_t>(bytes, footer.flags);
  if (!is_short) {
    put_fixed<uint64_t>(bytes, footer.seal.key_id);
    bytes.append(footer.seal.salt.data(), footer.seal.salt.size());
    put_fixed<uint32_t>(bytes, 0);
  }
  put_fixed<uint64_t>(bytes, footer_checksum(bytes, footer.version));
  put_fixed<uint32_t>(bytes, footer.version);
  put_fixed<uint32_t>(bytes, 0);
  put_fixed<uint64_t>(bytes, kTableMagic);
  COPPICE_CHECK(bytes.size() == footer_size(footer.version));
  return bytes;
}

namespace {

// Requires: `p` is where a footer of `version` begins.
Footer load_footer(const char* p, uint32_t version) {
  Footer footer;
  for (BlockHandle* handle : {&footer.root, &footer.filter, &footer.range_deletes, &footer.properties}) {
    *handle = load_handle(p);
    p += kBlockHandleSize;
  }
  if (footer_size(version) == kFooterSize) {
    footer.dictionary = load_handle(p);
    p += kBlockHandleSize;
    footer.seal.key_id = load_fixed<uint64_t>(p + 16);
    std::copy_n(p + 24, kFileSaltSize, footer.seal.salt.begin());
  }
  footer.unique_id = load_fixed<uint64_t>(p);
  footer.height = load_fixed<uint32_t>(p + 8);
  footer.flags = load_fixed<uint32_t>(p + 12);
  footer.version = version;
  return footer;
}

Error unsupported(const std::string& what) { return {Errc::unsupported, what + ": upgrade it"}; }

}  // namespace

Result<Footer> decode_footer(ByteView bytes, uint64_t file_size) {
  COPPICE_CHECK(bytes.size() >= kFooterSizeLeast && bytes.size() <= kFooterSize);
  COPPICE_CHECK(file_size >= bytes.size());
  const char* const end = bytes.data() + bytes.size();
  if (load_fixed<uint64_t>(end - 8) != kTableMagic)
    return Error{Errc::corruption, "the file does not end like a table"};
  const auto version = load_fixed<uint32_t>(end - 16);
  const size_t size = footer_size(version);
  if (size > bytes.size()) return Error{Errc::corruption, "the file is too small for its footer"};
  const char* const begin = end - size;
  const ByteView checked(begin, size - kFooterEndSize);
  const bool zeros_are = load_fixed<uint32_t>(end - 12) == 0 &&
                         (size == kFooterSizeLeast || load_fixed<uint32_t>(end - kFooterEndSize - 4) == 0);
  if (load_fixed<uint64_t>(end - kFooterEndSize) != footer_checksum(checked, version) || !zeros_are)
    return Error{Errc::corruption, "the footer's checksum is wrong"};
  if (version < kTableVersionOldest || version > kTableVersion)
    return unsupported("has table format " + std::to_string(version) + ", and this program knows " +
                       std::to_string(kTableVersion));

  const Footer footer = load_footer(begin, version);
  if (size == kFooterSizeLeast && footer.flags != 0)
    return Error{Errc::corruption, "the footer has flags, and its format has none"};
  if ((footer.flags & ~kTableFlagsKnown) != 0)
    return unsupported("has table flags " + std::to_string(footer.flags) + ", and this program knows " +
                       std::to_string(kTableFlagsKnown));
  if (footer.height > kHeightMax || (footer.height == 0) != footer.root.absent())
    return Error{Errc::corruption, "the footer's index height is wrong"};
  if (((footer.flags & kTableEncrypted) != 0) != (footer.seal.key_id != 0))
    return Error{Errc::corruption, "the footer's key is wrong"};
  if ((footer.flags & kTableFilterPartitioned) != 0 && footer.filter.absent())
    return Error{Errc::corruption, "the footer names no filter"};
  if (((footer.flags & kTableDictionary) != 0) == footer.dictionary.absent())
    return Error{Errc::corruption, "the footer's dictionary is wrong"};
  if (footer.properties.absent()) return Error{Errc::corruption, "the footer names no properties"};
  for (const BlockHandle& handle :
       {footer.root, footer.filter, footer.range_deletes, footer.properties, footer.dictionary})
    if (!handle.absent() && !lies_before(handle, file_size - size))
      return Error{Errc::corruption, "the footer names a block outside of the file"};
  return footer;
}

Bytes encode_properties(const TableMeta& meta) {
  Bytes bytes;
  for (const uint64_t number :
       {meta.entry_count, meta.delete_count, meta.range_delete_count, meta.oldest.raw, meta.newest.raw})
    put_fixed<uint64_t>(bytes, number);
  put_fixed<uint8_t>(bytes, meta.bounds.end ? 1 : 0);
  put_sized(bytes, meta.bounds.begin);
  put_sized(bytes, meta.bounds.end ? ByteView(*meta.bounds.end) : ByteView());
  for (const ValueUses::Use& use : meta.values.all()) {
    put_varint(bytes, use.file);
    put_varint(bytes, use.size);
  }
  for (const uint64_t number : {meta.hidden_count, meta.expiry.quarter, meta.expiry.half, meta.expiry.all})
    put_fixed<uint64_t>(bytes, number);
  return bytes;
}

std::optional<TableMeta> decode_properties(ByteView bytes, uint32_t flags) {
  TableMeta meta;
  for (uint64_t* number : {&meta.entry_count, &meta.delete_count, &meta.range_delete_count, &meta.oldest.raw,
                           &meta.newest.raw}) {
    const auto value = take_fixed<uint64_t>(bytes);
    if (!value) return std::nullopt;
    *number = *value;
  }
  const auto has_end = take_fixed<uint8_t>(bytes);
  const auto begin = take_sized(bytes);
  const auto end = take_sized(bytes);
  if (!has_end || *has_end > 1 || !begin || !end) return std::nullopt;
  meta.bounds.begin = Bytes(*begin);
  if (*has_end == 1) meta.bounds.end = Bytes(*end);
  if ((flags & kTableTimed) != 0) {
    if (bytes.size() < kTimesSize) return std::nullopt;
    const char* times = bytes.data() + bytes.size() - kTimesSize;
    bytes.remove_suffix(kTimesSize);
    for (uint64_t* number : {&meta.hidden_count, &meta.expiry.quarter, &meta.expiry.half, &meta.expiry.all}) {
      *number = load_fixed<uint64_t>(times);
      times += sizeof(uint64_t);
    }
  }
  while (!bytes.empty()) {
    const auto file = take_varint(bytes);
    const auto size = take_varint(bytes);
    if (!file || !size) return std::nullopt;
    if (!meta.values.empty() && *file <= meta.values.all().back().file) return std::nullopt;
    meta.values.add(*file, *size);
  }
  return meta;
}

Bytes encode_range_deletes(const std::vector<RangeDelete>& range_deletes) {
  Bytes bytes;
  for (const RangeDelete& range_delete : range_deletes) {
    put_fixed<uint64_t>(bytes, range_delete.commit.raw);
    put_fixed<uint8_t>(bytes, range_delete.unbounded ? 1 : 0);
    put_sized(bytes, range_delete.begin);
    put_sized(bytes, range_delete.end);
  }
  return bytes;
}

std::optional<std::vector<RangeDelete>> decode_range_deletes(ByteView bytes) {
  std::vector<RangeDelete> range_deletes;
  while (!bytes.empty()) {
    const auto commit = take_fixed<uint64_t>(bytes);
    const auto unbounded = take_fixed<uint8_t>(bytes);
    const auto begin = take_sized(bytes);
    const auto end = take_sized(bytes);
    if (!commit || !unbounded || *unbounded > 1 || !begin || !end) return std::nullopt;
    if (*unbounded == 1 ? !end->empty() : *end <= *begin) return std::nullopt;
    range_deletes.push_back({Bytes(*begin), Bytes(*end), *unbounded == 1, Timestamp{*commit}});
  }
  if (range_deletes.empty()) return std::nullopt;
  return range_deletes;
}

}  // namespace coppice::engine
