#include "engine/mend/old_manifest.hpp"

#include <algorithm>

#include "engine/io/file_names.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/mend/repair_state.hpp"
#include "engine/mend/table_summary.hpp"

namespace coppice::engine {
namespace {

/// Takes at most `edits_max` edits; then says why the next cannot be taken, if it cannot. `edits`: how many it took.
Status read_edits(FileSystem& files, const std::string& path, const KeyRing& keys, uint64_t edits_max,
                  OldManifest& found, uint64_t& edits) {
  COPPICE_TRY_ASSIGN(reader, LogReader::open(files, path, 0, keys));
  for (edits = 0; edits < edits_max; ++edits) {
    COPPICE_TRY_ASSIGN(record, reader.next());
    if (!record) return success();
    if (record->kind != RecordKind::edit) return Error{Errc::corruption, path + ": a record that is no edit"};
    auto edit = decode_edit(record->payload);
    if (!edit.ok()) return std::move(edit).error().within(path);
    if (edit->range.has_value() == found.begun)
      return Error{Errc::corruption, path + ": an edit out of place"};
    if (Status fits = found.state.apply(*edit); !fits.ok()) return std::move(fits).error().within(path);
    found.begun = true;
    for (const VersionEdit::Removed& removed : edit->removed) found.removed.push_back(removed.number);
  }
  return success();
}

/// The last commit that can be read in a log; kTimestampMin: none. invalid_argument: a key is lacking.
Result<Timestamp> last_commit_in(FileSystem& files, const std::string& path, uint64_t number,
                                 const KeyRing& keys) {
  Timestamp last;
  auto reader = LogReader::open(files, path, number, keys);
  if (!reader.ok() && reader.error().code == Errc::invalid_argument) return reader.error();
  while (reader.ok()) {
    const auto record = reader->next();
    if (!record.ok() || !*record) break;
    last = std::max(last, (*record)->commit);
  }
  return last;
}

/// What lies in the directories against what the manifest says of it.
class EndCheck {
public:
  EndCheck(FileSystem& files, const std::string& directory, const std::vector<TreeFile>& found,
           const ManifestState& state, const KeyRing& keys)
      : files_(files), directory_(directory), found_(found), state_(state), keys_(keys) {}

  /// Why the manifest must have lost its end; empty: nothing says so.
  Result<std::string> run() const {
    COPPICE_TRY_ASSIGN(known, last_known());
    const std::string missing = find_missing();
    for (const auto& [file, path, cold] : found_) {
      const std::string name = path.substr(path.rfind('/') + 1);
      if (file.kind == FileName::Kind::log && !state_.logs.contains(file.number)) {
        COPPICE_TRY_ASSIGN(last, last_commit_in(files_, path, file.number, keys_));
        if (last > state_.flushed)
          return "it has lost its end: " + name + " holds what is in no table, and is not named";
      }
      // An output of a merge or flush that was not installed holds nothing that is not in its inputs as well.
      if (file.kind != FileName::Kind::table || file.number < state_.next_file_number) continue;
      if (!missing.empty())
        return "it has lost its end, as it seems: " + missing + " is missing, and " + name +
               " is there, which it does not know";
      const auto meta = read_summary(files_, path, file.number, keys_);
      if (meta.ok() && meta->newest > known)
        return "it has lost its end: " + name + " holds newer writes than all that it names";
    }
    return std::string();
  }

private:
  bool is_there(FileName::Kind kind, uint64_t number) const {
    return find_file(found_, kind, number) != nullptr;
  }

  Result<Timestamp> last_known() const {
    Timestamp known = state_.flushed;
    for (const auto& [number, added] : state_.tables) known = std::max(known, added.table.newest);
    for (const auto& [number, log] : state_.logs) {
      COPPICE_TRY_ASSIGN(last,
                         last_commit_in(files_, join_path(directory_, log_file_name(number)), number, keys_));
      known = std::max(known, last);
    }
    return known;
  }

  std::string find_missing() const {
    for (const auto& [number, added] : state_.tables)
      if (!is_there(FileName::Kind::table, number)) return table_file_name(number);
    for (const auto& [number, value] : state_.values)
      if (!is_there(FileName::Kind::values, number)) return value_file_name(number);
    for (const auto& [number, log] : state_.logs)
      if (!is_there(FileName::Kind::log, number)) return log_file_name(number);
    return "";
  }

  FileSystem& files_;
  const std::string& directory_;
  const std::vector<TreeFile>& found_;
  const ManifestState& state_;
  const KeyRing& keys_;
};

}  // namespace

Result<OldManifest> read_old_manifest(FileSystem& files, const std::string& directory,
                                      const std::vector<TreeFile>& all, const KeyRing& keys) {
  const std::string path = join_path(directory, kManifestName);
  OldManifest found;
  uint64_t edits = 0;
  const Status read = read_edits(files, path, keys, UINT64_MAX, found, edits);
  if (!read.ok()) {
    if (!is_damage(read.error())) return read.error();
    // An edit that does not fit leaves half of itself behind.
    found = {};
    const uint64_t whole_edits = edits;
    if (whole_edits > 0) COPPICE_TRY(read_edits(files, path, keys, whole_edits, found, edits));
  }
  // One that was removed and is there again was moved to another level.
  std::erase_if(found.removed, [&](uint64_t number) { return found.state.tables.contains(number); });
  if (!read.ok()) {
    found.problem = read.error().text;
  } else if (!found.begun) {
    found.problem = path + ": its first edit is missing";
  } else if (const Status apart = found.state.check_levels(); !apart.ok()) {
    found.problem = apart.error().text;
  } else {
    COPPICE_TRY_ASSIGN(problem, EndCheck(files, directory, all, found.state, keys).run());
    if (!problem.empty()) found.problem = path + ": " + problem;
  }
  return found;
}

}  // namespace coppice::engine
