#include "engine/table/table_format.hpp"

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/base/random.hpp"

namespace coppice::engine {

namespace {

constexpr size_t kCheckedSize = 64;
static_assert(4 * kBlockHandleSize + 8 + 4 + 4 == kCheckedSize);
static_assert(kCheckedSize + 8 + 4 + 4 + 8 == kFooterSize);

BlockHandle load_handle(const char* source) {
  return {load_fixed<uint64_t>(source), load_fixed<uint32_t>(source + 8)};
}

// The version seeds the checksum, so that a flipped version is told from a later one.
uint64_t footer_checksum(ByteView footer, uint32_t version) {
  return checksum(footer.substr(0, kCheckedSize), version);
}

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
  Bytes bytes;
  for (const BlockHandle& handle : {footer.root, footer.filter, footer.range_deletes, footer.properties})
    put_handle(bytes, handle);
  put_fixed<uint64_t>(bytes, footer.unique_id);
  put_fixed<uint32_t>(bytes, footer.height);
  put_fixed<uint32_t>(bytes, 0);
  put_fixed<uint64_t>(bytes, footer_checksum(bytes, footer.version));
  put_fixed<uint32_t>(bytes, footer.version);
  put_fixed<uint32_t>(bytes, 0);
  put_fixed<uint64_t>(bytes, kTableMagic);
  COPPICE_CHECK(bytes.size() == kFooterSize);
  return bytes;
}

Result<Footer> decode_footer(ByteView bytes, uint64_t file_size) {
  COPPICE_CHECK(bytes.size() == kFooterSize);
  COPPICE_CHECK(file_size >= kFooterSize);
  const char* p = bytes.data();
  if (load_fixed<uint64_t>(p + 80) != kTableMagic)
    return Error{Errc::corruption, "the file does not end like a table"};
  const auto version = load_fixed<uint32_t>(p + 72);
  if (load_fixed<uint64_t>(p + 64) != footer_checksum(bytes, version) || load_fixed<uint32_t>(p + 76) != 0)
    return Error{Errc::corruption, "the footer's checksum is wrong"};
  if (version < kTableVersionOldest || version > kTableVersion)
    return Error{Errc::unsupported, "has table format " + std::to_string(version) +
                                        ", and this program knows " + std::to_string(kTableVersion) +
                                        ": upgrade it"};

  const Footer footer{load_handle(p),
                      load_handle(p + 12),
                      load_handle(p + 24),
                      load_handle(p + 36),
                      load_fixed<uint64_t>(p + 48),
                      load_fixed<uint32_t>(p + 56),
                      version};
  if (footer.height > kHeightMax || (footer.height == 0) != footer.root.absent())
    return Error{Errc::corruption, "the footer's index height is wrong"};
  if (footer.properties.absent()) return Error{Errc::corruption, "the footer names no properties"};
  for (const BlockHandle& handle : {footer.root, footer.filter, footer.range_deletes, footer.properties})
    if (!handle.absent() && !lies_before(handle, file_size - kFooterSize))
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
  return bytes;
}

std::optional<TableMeta> decode_properties(ByteView bytes) {
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
  if (!has_end || *has_end > 1 || !begin || !end || !bytes.empty()) return std::nullopt;
  meta.bounds.begin = Bytes(*begin);
  if (*has_end == 1) meta.bounds.end = Bytes(*end);
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
