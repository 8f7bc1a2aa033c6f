#include "engine/table/block_upgrade.hpp"

#include <algorithm>

#include "engine/table/block_builder.hpp"
#include "engine/table/bloom.hpp"
#include "engine/table/table_format.hpp"

namespace coppice::engine {

namespace {

// A key was written whole again after 16 entries at the most, so that what was written grew by no more than that, and the tables in
// front. A block ended with the entry that filled it, so that a large one is one large value.
constexpr size_t kGrowthMax = 16 + 1;

// Takes an entry off the front of `rest`; `key` is that of the entry before, and becomes this one's. False: it makes
// no sense.
bool take_entry(ByteView& rest, Bytes& key, Entry& entry) {
  const auto shared = take_varint32(rest);
  const auto unshared = take_varint32(rest);
  const auto value_size = take_varint32(rest);
  const auto kind = take_fixed<uint8_t>(rest);
  const auto commit = take_fixed<uint64_t>(rest);
  if (!shared || !unshared || !value_size || !kind || !commit) return false;
  if (*kind != static_cast<uint8_t>(Kind::put) && *kind != static_cast<uint8_t>(Kind::remove)) return false;
  const uint64_t key_size = uint64_t{*shared} + *unshared;
  if (*shared > key.size() || key_size < 1 || key_size > kKeySizeMax) return false;
  if (uint64_t{*unshared} + *value_size > rest.size()) return false;
  key.resize(*shared);
  key.append(rest.substr(0, *unshared));
  entry = {key, Timestamp{*commit}, static_cast<Kind>(*kind), rest.substr(*unshared, *value_size)};
  rest.remove_prefix(size_t{*unshared} + *value_size);
  return true;
}

}  // namespace

Block upgrade_block(ByteView payload, BlockKind kind) {
  if (payload.size() < 2 * sizeof(uint32_t)) return {};
  const auto restarts = load_fixed<uint32_t>(payload.data() + payload.size() - sizeof(uint32_t));
  if (restarts == 0 || restarts > payload.size() / sizeof(uint32_t) - 1) return {};
  ByteView rest = payload.substr(0, payload.size() - (size_t{restarts} + 1) * sizeof(uint32_t));

  const size_t size_max = std::min(kGrowthMax * payload.size(), 2 * kPayloadSizeMax);
  BlockBuilder builder(kind);
  Bytes key;
  Entry entry;
  while (!rest.empty()) {
    if (!take_entry(rest, key, entry)) return {};
    if (!builder.empty() && compare(builder.last(), position(entry)) >= 0) return {};
    builder.add(entry, filter_hash(entry.key));
    if (builder.size() > size_max) return {};
  }
  if (builder.empty()) return {};
  const ByteView upgraded = builder.finish();
  Block block{std::make_unique_for_overwrite<char[]>(upgraded.size()), upgraded.size()};
  upgraded.copy(block.bytes.get(), upgraded.size());
  return block;
}

}  // namespace coppice::engine
