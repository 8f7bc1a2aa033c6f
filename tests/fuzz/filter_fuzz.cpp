// A filter, and the head of one in parts, of any bytes: every question stays inside of them. One that was built denies no key of its own.
#include <vector>

#include "engine/table/filter_parts.hpp"
#include "tests/fuzz/input.hpp"

namespace coppice::engine {
namespace {

constexpr int kQuestions = 16;

void ask_whole(ByteView payload) {
  if (!filter_valid(payload)) return;
  for (uint64_t i = 0; i < kQuestions; ++i) {
    const uint64_t hash = i * 0x9e3779b97f4a7c15 + payload.size();
    filter_prefetch(payload, hash);
    (void)filter_may_contain(payload, hash);
  }
}

void read_head(ByteView bytes, uint64_t blocks_end) {
  const auto head = decode_filter_head(bytes, blocks_end);
  if (!head) return;
  COPPICE_CHECK(encode_filter_head(*head) == bytes);
  const Bytes part(kFilterPartSize, '\x55');
  for (uint64_t i = 0; i < kQuestions; ++i) {
    const uint64_t hash = ~uint64_t{0} / kQuestions * i;
    const BlockHandle handle = head->handle(head->part_of(hash));
    COPPICE_CHECK(handle.offset + handle.size + kBlockTrailerSize <= blocks_end);
    (void)head->may_contain(part, hash);
  }
  // Reading it whole takes no more memory than the file has.
  COPPICE_CHECK(uint64_t{head->count} * kFilterPartSize <= blocks_end);
}

void build(Input input) {
  const double rate = static_cast<double>(input.word()) / 65536;
  BloomBuilder builder(rate);
  std::vector<uint64_t> hashes;
  while (!input.empty() && hashes.size() < 1000) hashes.push_back(input.number());
  for (const uint64_t hash : hashes) builder.add(hash);
  const Bytes filter = builder.finish();
  COPPICE_CHECK(filter.empty() || filter_valid(filter));
  for (const uint64_t hash : hashes) COPPICE_CHECK(filter.empty() || filter_may_contain(filter, hash));
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  Input input(data, size);
  ask_whole(Input(data, size).rest());
  build(input);
  const uint64_t blocks_end = input.number();
  read_head(input.rest(), blocks_end);
  return 0;
}
