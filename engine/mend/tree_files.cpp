#include "engine/mend/tree_files.hpp"

#include <algorithm>

#include "engine/cold_directory.hpp"

namespace coppice::engine {

Result<std::vector<TreeFile>> list_tree_files(const TreeEnv& env, const std::string& directory) {
  std::vector<TreeFile> found;
  COPPICE_TRY_ASSIGN(names, env.files.list(directory));
  std::ranges::sort(names);
  for (const std::string& name : names)
    if (const auto file = parse_loose_file_name(name); file && file->kind != FileName::Kind::lock)
      found.push_back({*file, join_path(directory, name), false});
  // With nothing named, all are orphans.
  COPPICE_TRY_ASSIGN(cold, list_cold_directory(env, ManifestState()));
  std::ranges::sort(cold.orphans);
  for (const std::string& path : cold.orphans)
    found.push_back({*parse_file_name(path.substr(path.rfind('/') + 1)), path, true});
  return found;
}

const TreeFile* find_file(const std::vector<TreeFile>& files, FileName::Kind kind, uint64_t number,
                          bool cold) {
  const TreeFile* found = nullptr;
  for (const TreeFile& each : files)
    if (each.file.kind == kind && each.file.number == number && (found == nullptr || each.cold == cold))
      found = &each;
  return found;
}

}  // namespace coppice::engine
