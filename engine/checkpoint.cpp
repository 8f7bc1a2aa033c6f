#include "engine/checkpoint.hpp"

#include <array>

#include "engine/io/copy_file.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/log_reader.hpp"

namespace coppice::engine {
namespace {

/// What `flushed` does not say is in tables, and batches over several shards, which others may ask for. Logs are copied, as
/// what is written to cannot be shared. Whether there was anything.
Result<bool> copy_log(TreeState& tree, uint64_t number, const std::string& target) {
  FileSystem& files = tree.env.files;
  const std::string name = log_file_name(number);
  COPPICE_TRY_ASSIGN(reader, LogReader::open(files, tree.path(name), number, tree.env.keys));
  COPPICE_TRY_ASSIGN(writer, LogWriter::begin(files, join_path(target, name),
                                              {.number = number,
                                               .salt = tree.random.next(),
                                               .sealing = tree.env.keys.begin(FileUse::log)}));
  bool any = false;
  for (;;) {
    COPPICE_TRY_ASSIGN(record, reader.next());
    if (!record) break;
    if (record->kind != RecordKind::spanning && record->commit <= tree.manifest.state().flushed) continue;
    const std::array<ByteView, 1> payload{record->payload};
    COPPICE_TRY(writer.add(record->kind, record->commit, payload));
    any = true;
  }
  if (!any) {
    COPPICE_TRY(files.remove(writer.path()));
    return false;
  }
  COPPICE_TRY(writer.close());
  return true;
}

}  // namespace

Status checkpoint(TreeState& tree, const std::string& target) {
  COPPICE_TRY(tree.check_usable());
  COPPICE_CHECK(tree.last_logged == tree.last_commit);
  FileSystem& files = tree.env.files;
  COPPICE_TRY(files.make_child_directory(target));
  ManifestState copy = tree.manifest.state();
  copy.history_from = tree.history_from;
  copy.next_file_number = tree.numbers->load(std::memory_order_relaxed);
  // What is cold here lies there with the rest: the copy is to need no second directory.
  const auto share = [&](const std::string& name, bool& cold) {
    const std::string& place = tree.env.place_of(tree.directory, std::exchange(cold, false));
    return link_or_copy(files, join_path(place, name), join_path(target, name));
  };
  for (auto& [number, added] : copy.tables) COPPICE_TRY(share(table_file_name(number), added.table.cold));
  for (auto& [number, value] : copy.values) COPPICE_TRY(share(value_file_name(number), value.file.cold));
  copy.logs.clear();
  for (const auto& [number, log] : tree.manifest.state().logs) {
    // Spare ones are empty.
    if (number > tree.logs.current()) break;
    COPPICE_TRY_ASSIGN(any, copy_log(tree, number, target));
    if (any) copy.logs.emplace(number, ManifestState::LogState{true});
  }
  // The names first: a manifest never names what may not be there.
  COPPICE_TRY(files.sync_directory(target));
  COPPICE_TRY(Manifest::create(files, target, std::move(copy), tree.random.next(), tree.env.keys).status());
  return files.sync_directory(parent_directory(target));
}

}  // namespace coppice::engine
