#include "actors/second_store.hpp"

#include <algorithm>
#include <vector>

#include "actors/store_paths.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::actors {
namespace {

using engine::join_path;

/// Durable: on success.
Status mark(engine::FileSystem& files, const std::string& target) {
  {
    COPPICE_TRY_ASSIGN(file, files.create(join_path(target, kUnfinishedName)));
    COPPICE_TRY(file->sync());
  }
  return files.sync_directory(target);
}

Status begin(engine::FileSystem& files, const std::string& target) {
  COPPICE_TRY(files.make_child_directory(target));
  COPPICE_TRY(files.sync_directory(engine::parent_directory(target)));
  COPPICE_TRY(mark(files, target));
  return files.make_child_directory(shards_path(target));
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool unfinished(const std::vector<std::string>& names) {
  return has(names, kUnfinishedName) && !has(names, kMapName);
}

}  // namespace

Status begin_second_store(engine::FileSystem& files, const std::string& target) {
  COPPICE_TRY_ASSIGN(taken, files.exists(target));
  if (taken) {
    const auto names = files.list(target);
    if (!names.ok() || !(names->empty() || unfinished(*names)))
      return Error{Errc::in_use, target + ": is there already: name a new directory"};
    COPPICE_TRY(drop_second_store(files, target));
  }
  Status begun = begin(files, target);
  if (!begun.ok()) (void)files.remove_tree(target);
  return begun;
}

Status end_second_store(engine::FileSystem& files, const std::string& target, ShardMap map,
                        const engine::KeyRing& keys) {
  map.cold_id = 0;
  COPPICE_TRY(files.sync_directory(shards_path(target)));
  COPPICE_TRY(files.sync_directory(target));
  COPPICE_TRY(write_shard_map(files, map_path(target), map, keys));
  COPPICE_TRY(files.remove(join_path(target, kUnfinishedName)));
  return files.sync_directory(target);
}

Status drop_second_store(engine::FileSystem& files, const std::string& target) {
  COPPICE_TRY(mark(files, target));
  COPPICE_TRY_ASSIGN(names, files.list(target));
  // What makes it a store goes first, and what says that it is none last.
  COPPICE_TRY(files.remove_tree(map_path(target)));
  for (const std::string& name : names)
    if (name != kUnfinishedName) COPPICE_TRY(files.remove_tree(join_path(target, name)));
  COPPICE_TRY(files.sync_directory(target));
  return files.remove_tree(target);
}

Result<bool> is_unfinished(engine::FileSystem& files, const std::string& directory) {
  const auto names = files.list(directory);
  if (!names.ok() && names.error().code == Errc::not_found) return false;
  COPPICE_TRY(names.status());
  return unfinished(*names);
}

Status check_finished(engine::FileSystem& files, const std::string& directory) {
  COPPICE_TRY_ASSIGN(unfinished, is_unfinished(files, directory));
  if (!unfinished) return success();
  return Error{
      Errc::invalid_argument,
      directory +
          ": is no store yet: a checkpoint or a repair into it was cut short: remove the directory, and "
          "make it again"};
}

}  // namespace coppice::actors
