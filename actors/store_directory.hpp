// The files of a store that are no tree's: who may open it, which shards it has, where they lie.
#pragma once

#include <memory>
#include <string>

#include "actors/cold_store.hpp"
#include "actors/shard_map.hpp"
#include "engine/storage.hpp"

namespace coppice::actors {

/// One process's hold on a store's directory.
///
///     LOCK             keeps a second process out
///     CREATING         there from the first step of a creation until after the last
///     SHARDS           the shard map: what is not in it does not exist
///     shards/000001/   a tree for each shard
///     checkpoints/     stores of their own, which share its tables
///     ingest/          sorted files on their way into shards
///
/// and on the cold directory, if the store has one: see cold_store.hpp.
///
/// Blocks: on the disk, everywhere.
class StoreDirectory {
public:
  /// Creates a store with shards cut at `boundaries` if the directory is missing, empty, or was left by a
  /// creation that a crash ended. in_use: another process has it; invalid_argument: something else lies
  /// there, or a file is encrypted with a key that was not given: then nothing was written but LOCK; corruption: the shard map
  /// is damaged or missing.
  ///
  /// `cold_directory`: empty: none. With nothing written but LOCK, invalid_argument: files lie in the one that the store has and none
  /// is given, or the one given is not free; io_error: it is not there.
  /// Lifetime: `storage`, whose trees the shards are, outlives it.
  static Result<std::unique_ptr<StoreDirectory>> open(const engine::StorageEngine& storage,
                                                      const engine::TreeEnv& env,
                                                      const std::string& directory,
                                                      const std::vector<Bytes>& boundaries,
                                                      const std::string& cold_directory = {});

  const ShardMap& map() const { return map_; }
  std::string shard_directory(uint64_t id) const;
  /// Empty: the store has no cold directory.
  std::string cold_shard_directory(uint64_t id) const;

  /// Gives an id out that no shard ever had, and whose directory is durably not there. An id that comes into no
  /// map is given out again when the store is opened again.
  Result<uint64_t> new_shard_id();
  /// Durable: on success. After a failure the old or the new may be there, until a write succeeds; map() is
  /// the old.
  Status write_map(ShardMap map);
  /// After a failed write_map: makes map() what is on disk. Durable: on success.
  Status settle_map();
  /// Makes `target` the beginning of a second store, with room for trees at shard_path(): see second_store.hpp. in_use: it is
  /// there already.
  Status begin_checkpoint(const std::string& target);
  /// `made`: the trees of all of map()'s shards lie there. Then it is a store. Otherwise, or after a failure, nothing of it is
  /// left, if the disk allows. Durable: on success.
  Status end_checkpoint(const std::string& target, bool made);
  /// The tree of a shard in the map, or of one that is to come into it. corruption also where none is: the shard map names
  /// it, and waiting does not bring it back.
  Result<std::unique_ptr<engine::Storage>> open_shard(uint64_t id, const engine::TreeOptions& options,
                                                      const engine::Watch& watch) const;
  /// Requires: it is not in the map, and not open. What a failure leaves is an orphan.
  Status remove_shard(uint64_t id) const;
  /// Removes every shard's directory that is not in the map, and every checkpoint that was not finished.
  Status remove_orphans();

private:
  StoreDirectory(const engine::StorageEngine& storage, const engine::TreeEnv& env, std::string directory,
                 std::unique_ptr<engine::DirectoryLock> lock)
      : storage_(storage),
        env_(env),
        files_(env.files),
        directory_(std::move(directory)),
        lock_(std::move(lock)) {}

  Status create(const std::vector<Bytes>& boundaries);
  Status check_keys() const;
  Status open_cold(const std::string& cold_directory);
  Status give_up_cold();
  /// What the shard's tree stands on.
  engine::TreeEnv env_of(uint64_t id) const;
  std::string path(std::string_view name) const;

  const engine::StorageEngine& storage_;
  const engine::TreeEnv env_;
  engine::FileSystem& files_;
  const std::string directory_;
  const std::unique_ptr<engine::DirectoryLock> lock_;
  std::unique_ptr<ColdStore> cold_;
  ShardMap map_;
  bool unsure_ = false;
};

}  // namespace coppice::actors
