#include "engine/cold_directory.hpp"

#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

Error missing(const std::string& path, const std::string& what) {
  return Error{Errc::io_error, path + ": there is no such directory, and " + what +
                                   ": is its disk mounted? If it is elsewhere now, set cold_directory to it"};
}

}  // namespace

ColdFiles cold_files(const ManifestState& state) {
  ColdFiles files;
  const auto add = [&](bool cold, uint64_t size) {
    files.count += cold ? 1 : 0;
    files.size += cold ? size : 0;
  };
  for (const auto& [number, added] : state.tables) add(added.table.cold, added.table.file_size);
  for (const auto& [number, value] : state.values) add(value.file.cold, value.file.file_size);
  return files;
}

Status check_cold_directory(const TreeEnv& env, const std::string& directory, const ManifestState& state) {
  const uint64_t count = cold_files(state).count;
  if (count == 0) return success();
  const std::string what = "files of " + directory + " lie in it (" + std::to_string(count) + ")";
  if (env.cold_directory.empty())
    return Error{Errc::invalid_argument, directory + ": the tree has a cold directory, and none is given: " +
                                             what + "; set cold_directory to where it is"};
  COPPICE_TRY_ASSIGN(present, env.files.exists(env.cold_directory));
  return present ? success() : missing(env.cold_directory, what);
}

Result<ColdListing> list_cold_directory(const TreeEnv& env, const ManifestState& state) {
  ColdListing listing;
  if (env.cold_directory.empty()) return listing;
  COPPICE_TRY_ASSIGN(present, env.files.exists(env.cold_directory));
  if (!present) return listing;
  COPPICE_TRY_ASSIGN(names, env.files.list(env.cold_directory));
  for (const std::string& name : names) {
    const auto file = parse_loose_file_name(name);
    if (!file || (file->kind != FileName::Kind::table && file->kind != FileName::Kind::values)) continue;
    listing.next_number = std::max(listing.next_number, file->number + 1);
    if (!state.has(*file, true)) listing.orphans.push_back(join_path(env.cold_directory, name));
  }
  return listing;
}

Status make_cold_directory(const TreeEnv& env) {
  if (env.cold_directory.empty()) return success();
  const std::string parent = parent_directory(env.cold_directory);
  COPPICE_TRY_ASSIGN(mounted, env.files.exists(parent));
  if (!mounted) return missing(parent, env.cold_directory + " is to be made in it");
  COPPICE_TRY_ASSIGN(present, env.files.exists(env.cold_directory));
  if (!present) COPPICE_TRY(env.files.make_directory(env.cold_directory));
  // Also if it is there: whoever made it may not have come to this.
  return env.files.sync_directory(parent);
}

}  // namespace coppice::engine
