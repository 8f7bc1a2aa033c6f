#include "actors/verify_store.hpp"

#include "actors/cold_store.hpp"
#include "actors/shard_map.hpp"
#include "actors/store_paths.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::actors {
namespace {

/// Tables are read past it; only what an open one keeps counts in it.
constexpr size_t kCacheSize = 8 << 20;

/// Of each shard what the map says it owns; nothing for those that it does not have.
using Owned = std::map<uint64_t, std::optional<KeyRange>>;

/// Without a map nobody can say whose it is.
Status check_cold(engine::FileSystem& files, const std::string& store, const std::string& cold_directory,
                  const engine::KeyRing& keys) {
  const auto map = read_shard_map(files, map_path(store), keys);
  if (cold_directory.empty() || !map.ok()) return success();
  if (map->cold_id == 0)
    return Error{Errc::invalid_argument, store + ": the store has no cold directory, and " + cold_directory +
                                             " was given: leave it out"};
  return ColdStore::check(files, cold_directory, {map->store_id, map->cold_id}, true);
}

Result<Owned> shards_of(engine::FileSystem& files, const std::string& store, const engine::KeyRing& keys,
                        engine::VerifyReport& report) {
  Owned owned;
  COPPICE_TRY_ASSIGN(directories, list_shards(files, store));
  const auto map = read_shard_map(files, map_path(store), keys);
  if (!map.ok() && map.error().code == Errc::invalid_argument) return map.error();
  if (!map.ok()) {
    // Without a map every shard may be one of the store's.
    report.problems.push_back(to_string(map.error()));
    for (const auto& [id, name] : directories) owned.emplace(id, std::nullopt);
    return owned;
  }
  for (size_t i = 0; i < map->shards.size(); ++i) {
    const uint64_t id = map->shards[i].id;
    if (directories.contains(id)) {
      owned.emplace(id, map->range(i));
    } else {
      report.problems.push_back(shard_path(store, id) +
                                ": the shard is missing, and SHARDS names it: restore it from a backup, or "
                                "repair the store");
    }
  }
  for (const auto& [id, name] : directories)
    if (!owned.contains(id))
      report.notes.push_back(shard_path(store, id) + ": no shard of the store: the next start removes it");
  return owned;
}

}  // namespace

Result<engine::VerifyReport> verify_store(engine::FileSystem& files, const std::string& directory,
                                          const std::string& cold_directory, const engine::KeyRing& keys,
                                          const std::function<bool(const engine::VerifyReport&)>& go_on) {
  COPPICE_TRY_ASSIGN(offline, OfflineDirectory::open(files, directory));
  engine::BlockCache cache(kCacheSize);
  engine::TreeEnv env{.files = files, .cache = cache, .keys = keys};
  engine::VerifyReport report;
  if (offline.kind == OfflineDirectory::Kind::tree) {
    env.cold_directory = cold_directory;
    COPPICE_TRY(engine::verify_tree(env, directory, {std::nullopt, go_on}, report));
    return report;
  }
  COPPICE_TRY(check_cold(files, directory, cold_directory, keys));
  COPPICE_TRY_ASSIGN(shards, shards_of(files, directory, keys, report));
  for (const auto& [id, range] : shards) {
    env.cold_directory = cold_directory.empty() ? std::string() : shard_path(cold_directory, id);
    COPPICE_TRY(engine::verify_tree(env, shard_path(directory, id), {range, go_on}, report));
  }
  return report;
}

}  // namespace coppice::actors
