#include "actors/repair_store.hpp"

#include <algorithm>

#include "actors/cold_store.hpp"
#include "actors/guess_map.hpp"
#include "actors/random_seed.hpp"
#include "actors/second_store.hpp"
#include "actors/store_paths.hpp"
#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/mend/old_manifest.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"

namespace coppice::actors {
namespace {

using Fate = engine::MendedFile::Fate;

/// Tables are read past it; only what an open one keeps counts in it.
constexpr size_t kCacheSize = 8 << 20;

class StoreRepair {
public:
  StoreRepair(const engine::TreeEnv& env, const std::string& source, const std::string& target,
              const RepairStoreOptions& options)
      : env_(env), files_(env.files), source_(source), target_(target), options_(options) {}

  Result<engine::RepairReport> run() {
    COPPICE_TRY(find_map());
    if (options_.dry_run) {
      COPPICE_TRY(mend_all());
      return std::move(report_);
    }
    COPPICE_TRY(engine::make_durable_directory(files_, engine::parent_directory(target_)));
    COPPICE_TRY(begin_second_store(files_, target_));
    Status mended = mend_all();
    if (mended.ok()) mended = end_second_store(files_, target_, map_, env_.keys);
    if (!mended.ok()) {
      (void)drop_second_store(files_, target_);
      return std::move(mended).error();
    }
    return std::move(report_);
  }

private:
  Status mend_all() {
    for (size_t i = 0; i < map_.shards.size(); ++i) COPPICE_TRY(mend(map_.shards[i].id, map_.range(i)));
    return success();
  }

  Status find_map() {
    auto listed = list_shards(files_, source_);
    if (listed.ok()) {
      directories_ = *std::move(listed);
    } else if (listed.error().code != Errc::not_found) {
      return listed.error();
    }
    auto map = read_shard_map(files_, map_path(source_), env_.keys);
    engine::MendedFile file{map_path(source_)};
    if (map.ok()) {
      map_ = *std::move(map);
      ++map_.epoch;
      COPPICE_TRY(check_cold());
    } else {
      if (map.error().code != Errc::corruption && map.error().code != Errc::not_found) return map.error();
      file.fate = Fate::rebuilt;
      file.problems.push_back(map.error().text);
      COPPICE_TRY(guess());
    }
    report_.files.push_back(std::move(file));
    for (const auto& [id, name] : directories_)
      if (!map_.index_of(id) || is_left_out(id)) leave_out(id);
    return success();
  }

  bool is_left_out(uint64_t id) const {
    return std::ranges::any_of(left_out_, [id](const auto& claim) { return claim.first == id; });
  }

  /// All or some of a shard's keys.
  void leave_out(uint64_t id) {
    engine::MendedFile left{.path = shard_path(source_, id), .fate = Fate::left_out};
    for (const auto& [shard, keys] : left_out_)
      if (shard == id) left.lost.push_back(keys);
    if (!left.lost.empty())
      left.problems.push_back("no manifest says what it owned, and another shard is given keys that it has");
    report_.files.push_back(std::move(left));
  }

  /// What the shard's tree stands on.
  engine::TreeEnv env_of(uint64_t id) const {
    engine::TreeEnv env = env_;
    if (!options_.cold_directory.empty()) env.cold_directory = shard_path(options_.cold_directory, id);
    return env;
  }

  /// Without a map nobody can say whose it is.
  Status check_cold() {
    const std::string& cold = options_.cold_directory;
    if (cold.empty() && map_.cold_id == 0) return success();
    if (cold.empty())
      return Error{Errc::invalid_argument,
                   source_ +
                       ": the store has a cold directory, and none is given: give it, or, if it is "
                       "lost, an empty one"};
    COPPICE_TRY_ASSIGN(owner, ColdStore::read_owner(files_, cold));
    if (!owner) {
      report_.doubts.push_back(
          cold + ": has no file OWNER: is it the store's cold directory, and its disk mounted?");
      return success();
    }
    if (*owner == ColdStore::Owner{map_.store_id, map_.cold_id}) return success();
    return Error{Errc::invalid_argument, cold +
                                             ": is the cold directory of another store, or of another time "
                                             "of this one: give this store's own"};
  }

  Status guess() {
    std::vector<FoundShard> found;
    for (const auto& [id, name] : directories_) {
      if (id >= kStrangeShardMin) break;
      COPPICE_TRY_ASSIGN(shard, look_at(id));
      found.push_back(std::move(shard));
    }
    if (found.empty()) return Error{Errc::not_found, source_ + ": neither SHARDS nor a shard is there"};
    bound(found);
    GuessedMap guessed = guess_map(found, engine::mix(env_.seed));
    map_ = std::move(guessed.map);
    left_out_ = std::move(guessed.left_out);
    for (std::string& doubt : guessed.doubts) report_.doubts.push_back(source_ + ": " + doubt);
    return success();
  }

  Result<FoundShard> look_at(uint64_t id) {
    FoundShard shard{id, std::nullopt};
    const std::string directory = shard_path(source_, id);
    COPPICE_TRY_ASSIGN(found, engine::list_tree_files(env_of(id), directory));
    COPPICE_TRY_ASSIGN(manifest, engine::read_old_manifest(files_, directory, found, env_.keys));
    if (manifest.begun) {
      shard.range = manifest.state.range;
      return shard;
    }
    COPPICE_TRY_ASSIGN(keys, engine::keys_of_files(env_of(id), found));
    shard.files = std::move(keys);
    return shard;
  }

  Status mend(uint64_t id, const KeyRange& range) {
    const std::string directory = shard_path(target_, id);
    engine::RepairOptions with;
    with.tree = options_.tree;
    with.range = range;
    with.dry_run = options_.dry_run;
    with.go_on = options_.go_on;
    Status mended = directories_.contains(id)
                        ? engine::repair_tree(env_of(id), shard_path(source_, id), directory, with, report_)
                        : Error{Errc::not_found, shard_path(source_, id) + ": the shard is missing"};
    if (mended.ok() || mended.error().code != Errc::not_found) return mended;
    engine::MendedFile lost{shard_path(source_, id), Fate::lost};
    lost.problems.push_back(mended.error().text);
    lost.lost.push_back(range);
    report_.files.push_back(std::move(lost));
    return options_.dry_run ? success() : engine::Tree::create(env_, directory, range);
  }

  const engine::TreeEnv& env_;
  engine::FileSystem& files_;
  const std::string& source_;
  const std::string& target_;
  const RepairStoreOptions& options_;
  std::map<uint64_t, std::string> directories_;
  /// See GuessedMap.
  std::vector<std::pair<uint64_t, KeyRange>> left_out_;
  ShardMap map_;
  engine::RepairReport report_;
};

}  // namespace

Result<engine::RepairReport> repair_store(engine::FileSystem& files, const std::string& source,
                                          const std::string& target, const RepairStoreOptions& options) {
  COPPICE_TRY_ASSIGN(offline, OfflineDirectory::open(files, source));
  engine::BlockCache cache(kCacheSize);
  engine::TreeEnv env{.files = files, .cache = cache, .seed = random_seed(), .keys = options.keys};
  if (offline.kind == OfflineDirectory::Kind::store) return StoreRepair(env, source, target, options).run();
  env.cold_directory = options.cold_directory;
  engine::RepairReport report;
  engine::RepairOptions with;
  with.tree = options.tree;
  with.dry_run = options.dry_run;
  with.go_on = options.go_on;
  COPPICE_TRY_ASSIGN(taken, files.exists(target));
  Status mended = engine::repair_tree(env, source, target, with, report);
  if (!mended.ok() && !taken && !options.dry_run) (void)files.remove_tree(target);
  COPPICE_TRY(mended);
  return report;
}

}  // namespace coppice::actors
