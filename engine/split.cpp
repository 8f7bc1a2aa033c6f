#include "engine/split.hpp"

#include "engine/base/checksum.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

Status make_child(const TreeState& tree, const KeyRange& range, const std::string& directory) {
  FileSystem& files = tree.env.files;
  COPPICE_TRY(files.make_directory(directory));
  ManifestState child;
  child.range = range;
  child.next_file_number = tree.manifest.state().next_file_number;
  child.flushed = tree.last_commit;
  child.history_from = tree.history_from;
  for (const auto& [number, added] : tree.manifest.state().tables) {
    if (!added.table.bounds.overlaps(range)) continue;
    const std::string name = table_file_name(number);
    COPPICE_TRY(files.link(tree.path(name), join_path(directory, name)));
    for (const ValueUses::Use& use : added.table.values.all()) {
      const ValueFileMeta& file = tree.manifest.state().values.at(use.file).file;
      if (!child.values.emplace(use.file, ManifestState::ValueState{file}).second) continue;
      const std::string values = value_file_name(use.file);
      COPPICE_TRY(files.link(tree.path(values), join_path(directory, values)));
    }
    COPPICE_TRY(child.add(added));
  }
  // The links first: a manifest never names what may not be there.
  COPPICE_TRY(files.sync_directory(directory));
  const uint64_t salt = checksum(directory, tree.env.seed);
  COPPICE_TRY(Manifest::create(files, directory, std::move(child), salt, tree.env.keys).status());
  return files.sync_directory(parent_directory(directory));
}

}  // namespace

Status split(const TreeState& tree, ByteView key, const std::string& left, const std::string& right) {
  COPPICE_TRY(tree.check_usable());
  const KeyRange& range = tree.readers->range;
  COPPICE_CHECK(range.contains(key));
  COPPICE_CHECK(key != range.begin);
  COPPICE_CHECK(!tree.flush_under_way);
  COPPICE_CHECK(tree.merges_under_way.empty());
  COPPICE_TRY(make_child(tree, {range.begin, Bytes(key)}, left));
  return make_child(tree, {Bytes(key), range.end}, right);
}

}  // namespace coppice::engine
