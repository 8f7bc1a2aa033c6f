#include "engine/table/filter_parts.hpp"

#include "engine/base/coding.hpp"

namespace coppice::engine {

Bytes encode_filter_head(const FilterParts& parts) {
  Bytes bytes;
  put_fixed<uint64_t>(bytes, parts.offset);
  put_fixed<uint32_t>(bytes, parts.stored_size);
  put_fixed<uint32_t>(bytes, parts.count);
  put_fixed<uint8_t>(bytes, static_cast<uint8_t>(parts.bits_set));
  return bytes;
}

std::optional<FilterParts> decode_filter_head(ByteView bytes, uint64_t blocks_end) {
  const auto offset = take_fixed<uint64_t>(bytes);
  const auto stored_size = take_fixed<uint32_t>(bytes);
  const auto count = take_fixed<uint32_t>(bytes);
  const auto bits_set = take_fixed<uint8_t>(bytes);
  if (!offset || !stored_size || !count || !bits_set || !bytes.empty()) return std::nullopt;
  if (*count == 0 || *stored_size < kFilterPartSize || *bits_set == 0 || *bits_set > kFilterBitsSetMax)
    return std::nullopt;
  const uint64_t size = *stored_size + uint64_t{kBlockTrailerSize};
  if (*offset > blocks_end || *count > (blocks_end - *offset) / size) return std::nullopt;
  return FilterParts{*offset, *stored_size, *count, *bits_set};
}

Status write_filter(BlockWriter& writer, ByteView filter, Footer& footer) {
  if (filter.size() <= kFilterWholeSizeMax + 1) {
    COPPICE_TRY_ASSIGN(handle, writer.write_plain(filter));
    footer.filter = handle;
    return success();
  }
  COPPICE_CHECK(filter.size() % kFilterPartSize == 1);
  FilterParts parts;
  parts.count = static_cast<uint32_t>(filter.size() / kFilterPartSize);
  parts.bits_set = static_cast<unsigned char>(filter.back());
  for (uint32_t part = 0; part < parts.count; ++part) {
    COPPICE_TRY_ASSIGN(handle,
                       writer.write_plain(filter.substr(size_t{part} * kFilterPartSize, kFilterPartSize)));
    if (part == 0) {
      parts.offset = handle.offset;
      parts.stored_size = handle.size;
    }
    COPPICE_CHECK(handle == parts.handle(part));
  }
  COPPICE_TRY_ASSIGN(head, writer.write_plain(encode_filter_head(parts)));
  footer.filter = head;
  footer.flags |= kTableFilterPartitioned;
  return success();
}

}  // namespace coppice::engine
