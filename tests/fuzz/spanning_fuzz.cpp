// The record of a batch over several shards, of any bytes: what is taken is written so that it is read the same again.
#include "engine/log/spanning.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  const auto decoded = decode_spanning(Input(data, size).rest());
  if (!decoded.ok()) return 0;
  COPPICE_CHECK(decoded->own < decoded->parts.size());
  std::vector<SpanningPart> parts;
  size_t bytes = 0;
  for (const RecoveredSpanning::Part& part : decoded->parts) {
    parts.push_back({part.shard, part.batch.bytes()});
    bytes += part.batch.bytes().size();
  }
  COPPICE_CHECK(bytes <= size);
  const coppice::Bytes written = encode_spanning(decoded->parts[decoded->own].batch.bytes(), parts);
  COPPICE_CHECK(written.size() <= spanning_record_size_max(parts.size(), bytes));
  const auto again = decode_spanning(written);
  COPPICE_CHECK(again.ok() && again->parts.size() == parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    COPPICE_CHECK(again->parts[i].shard == parts[i].shard);
    COPPICE_CHECK(again->parts[i].batch.bytes() == parts[i].batch);
  }
  return 0;
}
