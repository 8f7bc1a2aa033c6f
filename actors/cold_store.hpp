// A store's second directory, on a slower disk: whose it is, and that it is there.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/io/file.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::actors {

/// One process's hold on a store's cold directory.
///
///     LOCK             keeps a second process out
///     OWNER            whose it is
///     shards/000001/   the cold tables and value files of each shard
///
/// A disk that is not mounted looks like an empty directory, and two stores may be given the same one. So OWNER says which store
/// uses it, and the store's map says that it does: what one of the two names and the other does not have is refused.
///
///     map                     OWNER       what an opening does
///     no id                   none        draws an id, writes OWNER, then the map
///     no id                   this store  the same, if no file of a shard lies there: that was cut short, or given up
///     an id                   that id     all is well
///     an id                   none        refuses: another disk, or none, is mounted there
///     any                     any other   refuses
///
/// OWNER is a framed file around ColdOwner of schema/shard_map.capnp. The id is drawn at random when the directory is claimed, as
/// stores that are copies of each other have one store id.
///
/// Blocks: on the disk, everywhere.
class ColdStore {
public:
  struct Owner {
    uint64_t store_id = 0;
    /// Not 0.
    uint64_t cold_id = 0;

    bool operator==(const Owner&) const = default;
  };

  /// Success, if it is the owner's, or, unless `claimed`, may become it. Writes nothing.
  /// invalid_argument: it is another store's, or something else lies there; io_error: it is not there, and is `claimed`, or
  /// neither is the directory above it.
  static Status check(engine::FileSystem& files, const std::string& path, const Owner& owner, bool claimed);

  /// What the directory says; nothing: nothing. corruption: its OWNER is damaged.
  static Result<std::optional<Owner>> read_owner(engine::FileSystem& files, const std::string& path);

  /// Takes hold of it. Errors as check(), before anything is written but LOCK; in_use: another process has it.
  static Result<std::unique_ptr<ColdStore>> open(engine::FileSystem& files, const std::string& path,
                                                 const Owner& owner, bool claimed);

  /// Makes it the owner's. Durable: on success.
  Status claim(const Owner& owner);

  const std::string& path() const { return path_; }

private:
  ColdStore(engine::FileSystem& files, std::string path, std::unique_ptr<engine::DirectoryLock> lock)
      : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}

  engine::FileSystem& files_;
  const std::string path_;
  const std::unique_ptr<engine::DirectoryLock> lock_;
};

}  // namespace coppice::actors
