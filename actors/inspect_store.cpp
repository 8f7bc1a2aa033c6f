#include "actors/inspect_store.hpp"

#include <algorithm>

#include "actors/cold_store.hpp"
#include "actors/shard_map.hpp"
#include "actors/store_paths.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::actors {
namespace {

using engine::Finding;

class Inspection {
public:
  Inspection(engine::FileSystem& files, engine::InspectDetail detail, const engine::KeyRing& keys,
             const engine::FindingSink& found)
      : files_(files), detail_(detail), keys_(keys), found_([this, &found](const Finding& finding) {
          return wants_more_ = wants_more_ && found(finding);
        }) {}
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;

  Result<bool> run(const std::string& path) {
    COPPICE_TRY_ASSIGN(present, files_.exists(path));
    if (!present) return Error{Errc::not_found, path + ": no such file or directory"};
    if (files_.list(path).ok()) {
      COPPICE_TRY(inspect_directory(path));
      if (!any_) return Error{Errc::invalid_argument, path + ": holds neither a store nor a tree"};
    } else {
      COPPICE_TRY(inspect(path));
    }
    return damaged_;
  }

private:
  Status inspect_directory(const std::string& path) {
    COPPICE_TRY_ASSIGN(names, files_.list(path));
    std::ranges::sort(names);
    for (const std::string& name : names) {
      if (!wants_more_) break;
      const auto file = engine::parse_file_name(name);
      const bool of_tree = file && file->kind != engine::FileName::Kind::lock;
      if (!of_tree && name != kMapName && name != kOwnerName) continue;
      found_(Finding{"file", std::nullopt}.with("path", engine::join_path(path, name)));
      COPPICE_TRY(inspect(engine::join_path(path, name)));
    }
    const auto shards = list_shards(files_, path);
    if (!shards.ok()) return success();
    for (const auto& [id, name] : *shards)
      if (wants_more_) COPPICE_TRY(inspect_directory(shard_path(path, id)));
    return success();
  }

  Status inspect(const std::string& path) {
    any_ = true;
    if (path.ends_with(kMapName)) return inspect_map(path);
    if (path.ends_with(kOwnerName)) return inspect_owner(path);
    COPPICE_TRY_ASSIGN(damaged, engine::inspect_file(files_, path, detail_, keys_, found_));
    damaged_ = damaged_ || damaged;
    return success();
  }

  Status inspect_map(const std::string& path) {
    const auto map = read_shard_map(files_, path, keys_);
    if (!map.ok()) {
      if (map.error().code != Errc::corruption) return map.error();
      damaged_ = true;
      found_(Finding{"damage", std::nullopt}.with("text", map.error().text));
      return success();
    }
    Finding finding{"map", std::nullopt};
    finding.with("storeId", map->store_id).with("epoch", map->epoch);
    finding.with("nextShardId", map->next_shard_id);
    if (map->cold_id != 0) finding.with("coldId", map->cold_id);
    found_(finding);
    for (size_t i = 0; i < map->shards.size(); ++i) {
      Finding shard{"shard", std::nullopt};
      shard.with("id", map->shards[i].id).with_data("from", map->shards[i].begin);
      if (const auto end = map->range(i).end) shard.with_data("before", *end);
      found_(shard);
    }
    return success();
  }

  Status inspect_owner(const std::string& path) {
    const auto owner = ColdStore::read_owner(files_, engine::parent_directory(path));
    if (!owner.ok() && owner.error().code != Errc::corruption) return owner.error();
    damaged_ = damaged_ || !owner.ok();
    if (!owner.ok()) {
      found_(Finding{"damage", std::nullopt}.with("text", owner.error().text));
    } else if (*owner) {
      found_(Finding{"owner", std::nullopt}
                 .with("storeId", (*owner)->store_id)
                 .with("coldId", (*owner)->cold_id));
    }
    return success();
  }

  engine::FileSystem& files_;
  const engine::InspectDetail detail_;
  const engine::KeyRing& keys_;
  const engine::FindingSink found_;
  bool any_ = false;
  bool wants_more_ = true;
  bool damaged_ = false;
};

}  // namespace

Result<bool> inspect_path(engine::FileSystem& files, const std::string& path, engine::InspectDetail detail,
                          const engine::KeyRing& keys, const engine::FindingSink& found) {
  return Inspection(files, detail, keys, found).run(path);
}

}  // namespace coppice::actors
