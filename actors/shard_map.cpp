#include "actors/shard_map.hpp"

#include <algorithm>
#include <set>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "engine/io/framed_file.hpp"
#include "schema/read_message.hpp"
#include "schema/shard_map.capnp.h"

namespace coppice::actors {
namespace {

constexpr uint32_t kFormatVersion = 1;
constexpr engine::Frame kFrame{"coppmap1", kFormatVersion, 64 << 20};

ByteView view(capnp::Data::Reader data) { return {reinterpret_cast<const char*>(data.begin()), data.size()}; }

Bytes encode(const ShardMap& map) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::ShardMap>();
  root.setFormatVersion(kFormatVersion);
  root.setStoreId(map.store_id);
  root.setEpoch(map.epoch);
  root.setNextShardId(map.next_shard_id);
  root.setColdId(map.cold_id);
  auto shards = root.initShards(static_cast<unsigned>(map.shards.size()));
  for (unsigned i = 0; i < shards.size(); ++i) {
    const ShardMap::Shard& shard = map.shards[i];
    shards[i].setId(shard.id);
    shards[i].setBegin({reinterpret_cast<const kj::byte*>(shard.begin.data()), shard.begin.size()});
  }
  const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
  const auto bytes = words.asChars();
  return {bytes.begin(), bytes.size()};
}

/// Throws kj::Exception if the message is malformed.
ShardMap decode(capnp::MessageReader& message) {
  const auto root = message.getRoot<schema::ShardMap>();
  ShardMap map;
  map.store_id = root.getStoreId();
  map.epoch = root.getEpoch();
  map.next_shard_id = root.getNextShardId();
  map.cold_id = root.getColdId();
  for (const auto shard : root.getShards())
    map.shards.push_back({shard.getId(), Bytes(view(shard.getBegin()))});
  return map;
}

/// What is wrong with a map that was read, or nullptr.
const char* find_fault(const ShardMap& map) {
  if (map.shards.empty()) return "names no shard";
  if (!map.shards.front().begin.empty()) return "its first shard does not begin with the empty key";
  std::set<uint64_t> ids;
  for (size_t i = 0; i < map.shards.size(); ++i) {
    const ShardMap::Shard& shard = map.shards[i];
    if (i > 0 && shard.begin <= map.shards[i - 1].begin) return "its shards are not in key order";
    if (shard.begin.size() > kKeySizeMax) return "a shard begins with an over-long key";
    if (shard.id == 0 || shard.id >= map.next_shard_id) return "a shard's id was never given out";
    if (!ids.insert(shard.id).second) return "two shards have the same id";
  }
  return nullptr;
}

}  // namespace

Result<ShardMap> ShardMap::create(uint64_t store_id, const std::vector<Bytes>& boundaries) {
  ShardMap map{.store_id = store_id, .epoch = 1, .shards = {}};
  map.shards.push_back({map.next_shard_id++, ""});
  for (const Bytes& boundary : boundaries) {
    COPPICE_TRY(check_key(boundary));
    if (boundary <= map.shards.back().begin)
      return Error{Errc::invalid_argument, "the boundary " + printable(boundary) + " comes after " +
                                               printable(map.shards.back().begin) +
                                               ": give boundaries in key order"};
    map.shards.push_back({map.next_shard_id++, boundary});
  }
  return map;
}

KeyRange ShardMap::range(size_t index) const {
  KeyRange range{shards[index].begin, std::nullopt};
  if (index + 1 < shards.size()) range.end = shards[index + 1].begin;
  return range;
}

std::optional<size_t> ShardMap::index_of(uint64_t id) const {
  const auto at = std::ranges::find(shards, id, &Shard::id);
  if (at == shards.end()) return std::nullopt;
  return static_cast<size_t>(at - shards.begin());
}

ShardMap ShardMap::after_split(uint64_t parent, ByteView key, uint64_t left, uint64_t right) const {
  const std::optional<size_t> index = index_of(parent);
  COPPICE_CHECK(index);
  COPPICE_CHECK(range(*index).contains(key));
  COPPICE_CHECK(key != shards[*index].begin);
  COPPICE_CHECK(left < next_shard_id);
  COPPICE_CHECK(right < next_shard_id);
  ShardMap map = *this;
  ++map.epoch;
  const auto at = map.shards.begin() + static_cast<ptrdiff_t>(*index);
  at->id = left;
  map.shards.insert(at + 1, {right, Bytes(key)});
  return map;
}

Result<ShardMap> read_shard_map(engine::FileSystem& files, const std::string& path,
                                const engine::KeyRing& keys) {
  COPPICE_TRY_ASSIGN(file, engine::read_framed(files, path, kFrame, keys));
  ShardMap map;
  if (!read_message(file.payload, [&](capnp::MessageReader& message) { map = decode(message); }))
    return Error{Errc::corruption, path + ": is no shard map: restore the file from a backup"};
  const char* const fault =
      map.next_shard_id > kShardIdMax ? "counts more shards than any store can have had" : find_fault(map);
  if (fault != nullptr)
    return Error{Errc::corruption, path + ": " + fault + ": restore the file from a backup"};
  return map;
}

Result<uint64_t> read_shard_map_key(engine::FileSystem& files, const std::string& path,
                                    const engine::KeyRing& keys) {
  COPPICE_TRY_ASSIGN(file, engine::read_framed(files, path, kFrame, keys));
  return file.key_id;
}

Status write_shard_map(engine::FileSystem& files, const std::string& path, const ShardMap& map,
                       const engine::KeyRing& keys) {
  COPPICE_CHECK(find_fault(map) == nullptr);
  return engine::write_framed(files, path, kFrame, encode(map), keys);
}

}  // namespace coppice::actors
