#include "actors/store_paths.hpp"

#include <algorithm>
#include <charconv>

#include "actors/second_store.hpp"
#include "actors/shard_map.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::actors {
namespace {

using engine::join_path;

constexpr size_t kIdWidth = 6;

std::string shard_name(uint64_t id) {
  const std::string digits = std::to_string(id);
  return std::string(digits.size() < kIdWidth ? kIdWidth - digits.size() : 0, '0') + digits;
}

bool has_store(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& name) {
    return name == kMapName || name == kShardsName || name == kCreatingName;
  });
}

bool has_tree(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& name) {
    const auto file = engine::parse_file_name(name);
    return file && file->kind != engine::FileName::Kind::lock;
  });
}

}  // namespace

std::string map_path(const std::string& store) { return join_path(store, kMapName); }
std::string shards_path(const std::string& store) { return join_path(store, kShardsName); }
std::string shard_path(const std::string& store, uint64_t id) {
  return join_path(shards_path(store), shard_name(id));
}

Result<std::string> checkpoint_path(const std::string& store, const std::string& name) {
  constexpr size_t kNameSizeMax = 100;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (name.empty() || name.size() > kNameSizeMax || name.front() == '.' ||
      !std::ranges::all_of(name, allowed))
    return Error{Errc::invalid_argument,
                 "the name " + printable(name) +
                     ": give 1 to 100 letters, digits, '-', '_' and '.', and no '.' in front"};
  return engine::join_path(engine::join_path(store, kCheckpointsName), name);
}

Result<std::map<uint64_t, std::string>> list_shards(engine::FileSystem& files, const std::string& store) {
  COPPICE_TRY_ASSIGN(names, files.list(shards_path(store)));
  std::map<uint64_t, std::string> shards;
  for (const std::string& name : names) {
    uint64_t id = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), id);
    // Only what we would have named so: a foreign file stays.
    const bool is_whole = problem == std::errc() && end == name.data() + name.size();
    if (is_whole && id > 0 && id <= kShardIdMax && shard_name(id) == name) shards.emplace(id, name);
  }
  return shards;
}

Result<OfflineDirectory> OfflineDirectory::open(engine::FileSystem& files, const std::string& path) {
  COPPICE_TRY_ASSIGN(present, files.exists(path));
  if (!present) return Error{Errc::not_found, path + ": no such directory"};
  COPPICE_TRY(check_finished(files, path));
  COPPICE_TRY_ASSIGN(names, files.list(path));
  if (has_store(names)) {
    COPPICE_TRY_ASSIGN(lock, files.lock(path));
    return OfflineDirectory{Kind::store, path, std::move(lock)};
  }
  if (!has_tree(names))
    return Error{Errc::invalid_argument, path +
                                             ": holds neither a store nor a tree: name the directory that "
                                             "was given to serve --data"};
  OfflineDirectory tree{Kind::tree, path, nullptr};
  const std::string parent = engine::parent_directory(path);
  const std::string store = engine::parent_directory(parent);
  if (parent == shards_path(store)) {
    COPPICE_TRY_ASSIGN(lock, files.lock(store));
    tree.lock = std::move(lock);
  }
  return tree;
}

}  // namespace coppice::actors
