#include "actors/store_directory.hpp"

#include <algorithm>

#include "actors/second_store.hpp"
#include "actors/store_paths.hpp"
#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/io/presence.hpp"

namespace coppice::actors {
namespace {

/// invalid_argument if something lies in the directory that is not a store's.
Status check_ours(engine::FileSystem& files, const std::string& directory) {
  COPPICE_TRY_ASSIGN(present, files.exists(directory));
  if (!present) return success();
  COPPICE_TRY_ASSIGN(names, files.list(directory));
  const auto has = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  if (has(kMapName) || has(kCreatingName)) return success();
  if (has(kShardsName))
    return Error{Errc::corruption, directory +
                                       ": has shards but no file SHARDS that says which keys are theirs: "
                                       "restore it from a backup, or repair the store"};
  for (const std::string& name : names)
    if (name != engine::kLockName)
      return Error{Errc::invalid_argument,
                   std::string(directory)
                       .append(": holds ")
                       .append(name)
                       .append(", which is no part of a store: give an empty or a new directory")};
  return success();
}

}  // namespace

std::string StoreDirectory::path(std::string_view name) const { return engine::join_path(directory_, name); }

std::string StoreDirectory::shard_directory(uint64_t id) const { return shard_path(directory_, id); }

std::string StoreDirectory::cold_shard_directory(uint64_t id) const {
  return cold_ == nullptr ? std::string() : shard_path(cold_->path(), id);
}

engine::TreeEnv StoreDirectory::env_of(uint64_t id) const {
  engine::TreeEnv env = env_;
  env.cold_directory = cold_shard_directory(id);
  return env;
}

Result<std::unique_ptr<StoreDirectory>> StoreDirectory::open(const engine::StorageEngine& storage,
                                                             const engine::TreeEnv& env,
                                                             const std::string& directory,
                                                             const std::vector<Bytes>& boundaries,
                                                             const std::string& cold_directory) {
  engine::FileSystem& files = env.files;
  COPPICE_TRY(check_finished(files, directory));
  COPPICE_TRY(check_ours(files, directory));
  COPPICE_TRY(engine::make_durable_directory(files, directory));
  COPPICE_TRY_ASSIGN(lock, files.lock(directory));
  std::unique_ptr<StoreDirectory> store(new StoreDirectory(storage, env, directory, std::move(lock)));
  COPPICE_TRY_ASSIGN(created, files.exists(store->path(kMapName)));
  if (!created) {
    // Refused before there is a store.
    if (!cold_directory.empty()) COPPICE_TRY(ColdStore::check(files, cold_directory, {}, false));
    COPPICE_TRY(store->create(boundaries));
    COPPICE_TRY(store->open_cold(cold_directory));
    return store;
  }
  COPPICE_TRY_ASSIGN(map, read_shard_map(files, store->path(kMapName), env.keys));
  // Who wrote it may have ended before its name was on the disk. What no shard of it has is about to be removed, which an older
  // map might still name.
  COPPICE_TRY(files.sync_directory(directory));
  store->map_ = std::move(map);
  COPPICE_TRY(store->check_keys());
  COPPICE_TRY(store->open_cold(cold_directory));
  COPPICE_TRY_ASSIGN(key_id, read_shard_map_key(files, store->path(kMapName), env.keys));
  if (key_id != env.keys.current()) COPPICE_TRY(store->write_map(store->map_));
  COPPICE_TRY(files.remove_tree(store->path(kStagingName)));
  return store;
}

/// Of all shards, before the first is opened and written to.
Status StoreDirectory::check_keys() const {
  for (const ShardMap::Shard& shard : map_.shards)
    COPPICE_TRY(storage_.check_keys(env_, shard_directory(shard.id)));
  return success();
}

Status StoreDirectory::open_cold(const std::string& cold_directory) {
  if (cold_directory.empty()) return map_.cold_id == 0 ? success() : give_up_cold();
  const bool claimed = map_.cold_id != 0;
  ShardMap map = map_;
  if (!claimed) {
    ++map.epoch;
    map.cold_id = std::max<uint64_t>(1, engine::mix(env_.seed ^ map.store_id ^ map.epoch));
  }
  const ColdStore::Owner owner{map.store_id, map.cold_id};
  COPPICE_TRY_ASSIGN(cold, ColdStore::open(files_, cold_directory, owner, claimed));
  cold_ = std::move(cold);
  if (claimed) return success();
  // Only once OWNER is there for good may the map miss it.
  COPPICE_TRY(cold_->claim(owner));
  return write_map(std::move(map));
}

/// The store had a cold directory, and none was given.
Status StoreDirectory::give_up_cold() {
  engine::ColdFiles files;
  bool all_known = true;
  for (const ShardMap::Shard& shard : map_.shards) {
    const auto found = storage_.cold_files(env_, shard_directory(shard.id));
    // What is wrong with it its opening tells.
    all_known = all_known && found.ok();
    if (found.ok()) files = {files.count + found->count, files.size + found->size};
  }
  if (files.count > 0)
    return Error{
        Errc::invalid_argument,
        directory_ + ": files of it lie in its cold directory (" + std::to_string(files.count) + ", " +
            std::to_string(files.size) +
            " bytes), and none is given: set cold_directory to where it is; to do without one, serve "
            "with it and with cold_after = \"never\" until stats counts no cold file"};
  if (!all_known) return success();
  ShardMap map = map_;
  ++map.epoch;
  map.cold_id = 0;
  return write_map(std::move(map));
}

Status StoreDirectory::create(const std::vector<Bytes>& boundaries) {
  COPPICE_TRY_ASSIGN(map, ShardMap::create(engine::mix(env_.seed), boundaries));
  // Who made it may have ended before its name was on the disk; without that nothing in it would be.
  COPPICE_TRY(files_.sync_directory(engine::parent_directory(directory_)));
  {
    COPPICE_TRY_ASSIGN(creating, files_.create(path(kCreatingName)));
    COPPICE_TRY(creating->sync());
  }
  COPPICE_TRY(files_.sync_directory(directory_));
  COPPICE_TRY(files_.remove_tree(path(kShardsName)));
  COPPICE_TRY(files_.make_directory(path(kShardsName)));
  map_ = map;
  for (size_t i = 0; i < map.shards.size(); ++i)
    COPPICE_TRY(storage_.create(env_, shard_directory(map.shards[i].id), map.range(i)));
  COPPICE_TRY(files_.sync_directory(path(kShardsName)));
  COPPICE_TRY(files_.sync_directory(directory_));
  COPPICE_TRY(write_shard_map(files_, path(kMapName), map, env_.keys));
  COPPICE_TRY(files_.remove(path(kCreatingName)));
  return files_.sync_directory(directory_);
}

Result<uint64_t> StoreDirectory::new_shard_id() {
  const uint64_t id = map_.next_shard_id++;
  // An earlier life may have left one half-made.
  std::vector<std::string> left;
  for (const std::string& directory : {shard_directory(id), cold_shard_directory(id)}) {
    if (directory.empty()) continue;
    COPPICE_TRY_ASSIGN(present, files_.exists(directory));
    if (present) left.push_back(directory);
  }
  if (left.empty()) return id;
  COPPICE_TRY(remove_shard(id));
  for (const std::string& directory : left)
    COPPICE_TRY(files_.sync_directory(engine::parent_directory(directory)));
  return id;
}

Status StoreDirectory::write_map(ShardMap map) {
  unsure_ = true;
  COPPICE_TRY(files_.sync_directory(path(kShardsName)));
  map.next_shard_id = std::max(map.next_shard_id, map_.next_shard_id);
  COPPICE_TRY(write_shard_map(files_, path(kMapName), map, env_.keys));
  map_ = std::move(map);
  unsure_ = false;
  return success();
}

Status StoreDirectory::settle_map() {
  if (!unsure_) return success();
  ShardMap map = map_;
  // Later than the one that may lie there.
  map.epoch += 2;
  return write_map(std::move(map));
}

Status StoreDirectory::begin_checkpoint(const std::string& target) {
  COPPICE_TRY(check_present(files_, directory_));
  const std::string parent = engine::parent_directory(target);
  if (parent == path(kCheckpointsName)) {
    // Not with the store's directory, which may have vanished by now.
    COPPICE_TRY(files_.make_child_directory(parent));
    COPPICE_TRY(files_.sync_directory(directory_));
  } else {
    COPPICE_TRY(engine::make_durable_directory(files_, parent));
  }
  return begin_second_store(files_, target);
}

Status StoreDirectory::end_checkpoint(const std::string& target, bool made) {
  Status ended = made ? end_second_store(files_, target, map_, env_.keys) : success();
  if (!made || !ended.ok()) (void)drop_second_store(files_, target);
  return ended;
}

Result<std::unique_ptr<engine::Storage>> StoreDirectory::open_shard(uint64_t id,
                                                                    const engine::TreeOptions& options,
                                                                    const engine::Watch& watch) const {
  engine::TreeEnv env = env_of(id);
  env.watch = watch;
  auto tree = storage_.open(env, shard_directory(id), options);
  if (tree.ok() || tree.error().code != Errc::not_found) return tree;
  return Error{Errc::corruption, tree.error().text + ": restore it from a backup"};
}

Status StoreDirectory::remove_shard(uint64_t id) const {
  return storage_.remove(env_of(id), shard_directory(id));
}

Status StoreDirectory::remove_orphans() {
  std::vector<std::string> stores{directory_};
  if (cold_ != nullptr) stores.push_back(cold_->path());
  for (const std::string& store : stores) {
    COPPICE_TRY_ASSIGN(shards, list_shards(files_, store));
    for (const auto& [id, name] : shards)
      if (!map_.index_of(id) && id < kStrangeShardMin) COPPICE_TRY(remove_shard(id));
    COPPICE_TRY(files_.sync_directory(shards_path(store)));
  }
  const auto checkpoints = files_.list(path(kCheckpointsName));
  if (!checkpoints.ok())
    return checkpoints.error().code == Errc::not_found ? success() : checkpoints.status();
  for (const std::string& name : *checkpoints) {
    const std::string checkpoint = engine::join_path(path(kCheckpointsName), name);
    if (const auto left = is_unfinished(files_, checkpoint); left.ok() && *left)
      COPPICE_TRY(drop_second_store(files_, checkpoint));
  }
  return success();
}

}  // namespace coppice::actors
