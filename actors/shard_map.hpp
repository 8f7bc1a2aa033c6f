// Which shards a store has, as it is kept on disk: the file SHARDS.
#pragma once

#include <string>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "schema/types.hpp"

namespace coppice::actors {

/// A store that made a million shards a second would need 500 years to get there.
inline constexpr uint64_t kShardIdMax = uint64_t{1} << 54;
/// New shards have larger ids than all that are there. So one of an id from here on that no map names is a stranger's, or it
/// would leave none.
inline constexpr uint64_t kStrangeShardMin = kShardIdMax / 2;

/// A value; schema/shard_map.capnp is its form on disk.
struct ShardMap {
  struct Shard {
    uint64_t id = 0;
    Bytes begin;

    bool operator==(const Shard&) const = default;
  };

  uint64_t store_id = 0;
  uint64_t epoch = 0;
  uint64_t next_shard_id = 1;
  std::vector<Shard> shards;
  /// Of the cold directory, which says so too; 0: the store has none. See cold_store.hpp.
  uint64_t cold_id = 0;

  bool operator==(const ShardMap&) const = default;

  /// A new store's. invalid_argument: a boundary is no key, or they do not rise.
  static Result<ShardMap> create(uint64_t store_id, const std::vector<Bytes>& boundaries);

  KeyRange range(size_t index) const;
  /// The shard's place in `shards`; nothing if there is none of that id.
  std::optional<size_t> index_of(uint64_t id) const;
  /// The map in which `left` and `right` stand for `parent`, cut at `key`, at the next epoch.
  /// Requires: a shard `parent` that holds `key` and does not begin with it; the ids are below next_shard_id.
  ShardMap after_split(uint64_t parent, ByteView key, uint64_t left, uint64_t right) const;
};

/// not_found, corruption naming what is wrong, unsupported; invalid_argument: it is encrypted with a key that is not among
/// `keys`. Blocks: on the disk.
Result<ShardMap> read_shard_map(engine::FileSystem& files, const std::string& path,
                                const engine::KeyRing& keys = {});
/// Of the key that the file is encrypted with; 0: of none. Errors as read_shard_map(). Blocks: on the disk.
Result<uint64_t> read_shard_map_key(engine::FileSystem& files, const std::string& path,
                                    const engine::KeyRing& keys);
/// Encrypted with the current one of `keys`, if any, as it holds keys of entries. Durable: on success; a crash leaves the old or
/// the new. Blocks: on the disk.
Status write_shard_map(engine::FileSystem& files, const std::string& path, const ShardMap& map,
                       const engine::KeyRing& keys = {});

}  // namespace coppice::actors
