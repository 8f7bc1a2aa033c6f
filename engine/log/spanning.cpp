#include "engine/log/spanning.hpp"

#include <algorithm>

#include "engine/base/coding.hpp"
#include "engine/log/record.hpp"

namespace coppice::engine {

Bytes encode_spanning(ByteView own, std::span<const SpanningPart> parts) {
  const auto mine = std::ranges::find(parts, own, &SpanningPart::batch);
  COPPICE_CHECK(mine != parts.end());

  Bytes payload;
  put_varint(payload, static_cast<uint64_t>(mine - parts.begin()));
  for (const SpanningPart& part : parts) {
    put_varint(payload, part.shard);
    put_sized(payload, part.batch);
  }
  return payload;
}

size_t spanning_record_size_max(size_t part_count, size_t size) {
  // Which part is one's own; then for each its shard and its size.
  return size + (1 + 2 * part_count) * kVarint64SizeMax + kRecordFrameSizeMax;
}

Result<DecodedSpanning> decode_spanning(ByteView payload) {
  const Error cut_short{Errc::corruption, "the batch over several shards is cut short"};
  DecodedSpanning decoded;
  const auto own = take_varint(payload);
  if (!own) return cut_short;
  while (!payload.empty()) {
    const auto shard = take_varint(payload);
    if (!shard) return cut_short;
    const auto bytes = take_sized(payload);
    if (!bytes) return cut_short;
    COPPICE_TRY_ASSIGN(batch, Batch::decode(Bytes(*bytes)));
    decoded.parts.push_back({*shard, std::move(batch)});
  }
  if (*own >= decoded.parts.size())
    return Error{Errc::corruption, "the batch over several shards lacks this shard's part"};
  decoded.own = static_cast<size_t>(*own);
  return decoded;
}

}  // namespace coppice::engine
