#include "actors/staged_files.hpp"

#include <algorithm>
#include <set>

#include "actors/core.hpp"
#include "actors/platform.hpp"
#include "actors/store_paths.hpp"
#include "engine/io/copy_file.hpp"
#include "engine/io/file_names.hpp"
#include "engine/io/presence.hpp"

namespace coppice::actors {
namespace {

std::string staging_path(Core& core) {
  const std::string name = std::to_string(core.platform.random_seed());
  return engine::join_path(engine::join_path(core.options.directory, kStagingName), name);
}

Error refused(const std::string& what) { return {Errc::invalid_argument, what}; }

Status check_paths(const std::vector<std::string>& paths) {
  if (paths.empty() || paths.size() > kIngestFilesMax)
    return refused("an ingest takes 1 to " + std::to_string(kIngestFilesMax) + " files, not " +
                   std::to_string(paths.size()));
  for (const std::string& path : paths)
    if (!path.starts_with('/'))
      return refused(printable(path) +
                     ": the path does not begin with /: give the whole path, as the store's machine has it");
  return success();
}

/// Puts the tables, which come from `paths`, in the order of their keys.
Status check_apart(std::vector<engine::OutsideTable>& tables, const std::vector<std::string>& paths) {
  std::vector<size_t> order(tables.size());
  std::ranges::generate(order, [next = size_t{0}]() mutable { return next++; });
  std::ranges::sort(order, {}, [&](size_t index) -> const Bytes& { return tables[index].meta.bounds.begin; });
  std::set<uint64_t> ids;
  for (size_t place = 0; place < order.size(); ++place) {
    const size_t index = order[place];
    if (place > 0 && tables[index].meta.bounds.overlaps(tables[order[place - 1]].meta.bounds))
      return refused(paths[order[place - 1]] + " and " + paths[index] +
                     " overlap, and have no order in time: ingest them one after the other");
    if (!ids.insert(tables[index].meta.unique_id).second)
      return refused(paths[index] +
                     ": has the same id as another of the files: build it again, with another seed");
  }
  std::vector<engine::OutsideTable> sorted;
  sorted.reserve(order.size());
  for (const size_t index : order) sorted.push_back(std::move(tables[index]));
  tables = std::move(sorted);
  return success();
}

}  // namespace

StagedFiles::~StagedFiles() { (void)files.remove_tree(directory).ok(); }

Result<StagedFilesPtr> stage_files(Core& core, const std::vector<std::string>& paths) {
  COPPICE_TRY(check_paths(paths));
  engine::FileSystem& files = core.files;
  // What is no sorted file at all is told by the name that it was given by, and before anything is made of it.
  for (const std::string& path : paths)
    COPPICE_TRY(engine::read_outside_table(files, path, core.options.keys).status());

  auto staged = std::make_shared<StagedFiles>(files, staging_path(core));
  COPPICE_TRY(check_present(files, core.options.directory));
  COPPICE_TRY(files.make_child_directory(engine::parent_directory(staged->directory)));
  COPPICE_TRY(files.make_child_directory(staged->directory));
  for (size_t index = 0; index < paths.size(); ++index) {
    const std::string path = engine::join_path(staged->directory, engine::table_file_name(index + 1));
    COPPICE_TRY(engine::link_or_copy(files, paths[index], path));
    auto table = engine::read_outside_table(files, path, core.options.keys);
    if (!table.ok()) return std::move(table).error().within(paths[index]);
    if (Status checked = engine::check_outside_table(files, *table, core.cache, core.options.keys);
        !checked.ok())
      return std::move(checked).error().within(paths[index]);
    staged->tables.push_back(*std::move(table));
  }
  COPPICE_TRY(check_apart(staged->tables, paths));
  return StagedFilesPtr(std::move(staged));
}

}  // namespace coppice::actors
