// Where a store's files lie, and what a directory is that somebody points at.
#pragma once

#include <map>
#include <string>

#include "engine/io/file.hpp"

namespace coppice::actors {

inline constexpr std::string_view kMapName = "SHARDS";
inline constexpr std::string_view kCreatingName = "CREATING";
inline constexpr std::string_view kShardsName = "shards";
inline constexpr std::string_view kCheckpointsName = "checkpoints";
/// Files on their way into shards; what a crash leaves there the next opening removes.
inline constexpr std::string_view kStagingName = "ingest";
/// Of a cold directory: see cold_store.hpp.
inline constexpr std::string_view kOwnerName = "OWNER";

std::string map_path(const std::string& store);
std::string shards_path(const std::string& store);
std::string shard_path(const std::string& store, uint64_t id);

/// Where a store keeps its checkpoint of this name. invalid_argument: a name has 1 to 100 letters, digits, "-", "_" and ".", and
/// does not begin with a ".".
Result<std::string> checkpoint_path(const std::string& store, const std::string& name);

/// The names in the directory of shards that are those of shards, by their ids. not_found: there is no such directory.
Result<std::map<uint64_t, std::string>> list_shards(engine::FileSystem& files, const std::string& store);

/// A directory to be mended, kept from every other process as long as this lives.
struct OfflineDirectory {
  enum class Kind : uint8_t { store, tree };
  Kind kind = Kind::store;
  std::string path;
  std::unique_ptr<engine::DirectoryLock> lock;

  /// A store, or one tree of it or of a program that links the engine; the lock is the store's, where there is one.
  /// not_found: nothing of that name; invalid_argument: neither of the two, or a store that was never finished; in_use: a node has it.
  /// Writes nothing but the store's LOCK.
  static Result<OfflineDirectory> open(engine::FileSystem& files, const std::string& path);
};

}  // namespace coppice::actors
