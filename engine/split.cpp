#include "engine/split.hpp"

#include "engine/base/checksum.hpp"
#include "engine/io/file_names.hpp"
#include "engine/io/presence.hpp"

namespace coppice::engine {
namespace {

/// Links files of the tree into a child's directories.
class Links {
public:
  Links(const TreeState& tree, const SplitHalf& half) : tree_(tree), half_(half) {}

  Status add(const std::string& name, bool cold) {
    FileSystem& files = tree_.env.files;
    if (cold && !std::exchange(any_cold_, true)) {
      COPPICE_CHECK(!half_.cold_directory.empty());
      COPPICE_TRY(check_present(files, parent_directory(half_.cold_directory)));
      COPPICE_TRY(files.make_child_directory(half_.cold_directory));
    }
    return files.link(join_path(tree_.env.place_of(tree_.directory, cold), name),
                      join_path(cold ? half_.cold_directory : half_.directory, name));
  }
  /// Durable: on success, all of them.
  Status sync() const {
    FileSystem& files = tree_.env.files;
    if (any_cold_) {
      COPPICE_TRY(files.sync_directory(half_.cold_directory));
      COPPICE_TRY(files.sync_directory(parent_directory(half_.cold_directory)));
    }
    return files.sync_directory(half_.directory);
  }

private:
  const TreeState& tree_;
  const SplitHalf& half_;
  bool any_cold_ = false;
};

Status make_child(const TreeState& tree, const KeyRange& range, const SplitHalf& half) {
  FileSystem& files = tree.env.files;
  const std::string& directory = half.directory;
  COPPICE_TRY(check_present(files, parent_directory(directory)));
  COPPICE_TRY(files.make_child_directory(directory));
  Links links(tree, half);
  ManifestState child;
  child.range = range;
  child.next_file_number = tree.manifest.state().next_file_number;
  child.flushed = tree.last_commit;
  child.history_from = tree.history_from;
  for (const auto& [number, added] : tree.manifest.state().tables) {
    if (!added.table.bounds.overlaps(range)) continue;
    COPPICE_TRY(links.add(table_file_name(number), added.table.cold));
    for (const ValueUses::Use& use : added.table.values.all()) {
      const ValueFileMeta& file = tree.manifest.state().values.at(use.file).file;
      if (!child.values.emplace(use.file, ManifestState::ValueState{file}).second) continue;
      COPPICE_TRY(links.add(value_file_name(use.file), file.cold));
    }
    COPPICE_TRY(child.add(added));
  }
  // The links first: a manifest never names what may not be there.
  COPPICE_TRY(links.sync());
  const uint64_t salt = checksum(directory, tree.env.seed);
  COPPICE_TRY(Manifest::create(files, directory, std::move(child), salt, tree.env.keys).status());
  return files.sync_directory(parent_directory(directory));
}

}  // namespace

Status split(const TreeState& tree, ByteView key, const SplitHalf& left, const SplitHalf& right) {
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
