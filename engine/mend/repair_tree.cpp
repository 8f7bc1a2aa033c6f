#include "engine/mend/repair_tree.hpp"

#include <algorithm>

#include "engine/cold_directory.hpp"
#include "engine/io/file_names.hpp"
#include "engine/mend/repair_state.hpp"
#include "engine/mend/rescue_logs.hpp"
#include "engine/version/manifest.hpp"

namespace coppice::engine {
namespace {

using Fate = MendedFile::Fate;

Status find_files(RepairState& repair) {
  FileSystem& files = repair.env.files;
  COPPICE_TRY_ASSIGN(taken, files.exists(repair.target));
  if (taken && !repair.options.dry_run)
    return Error{Errc::in_use, repair.target + ": is there already: name a new directory"};
  COPPICE_TRY_ASSIGN(found, list_tree_files(repair.env, repair.source));
  for (const auto& [file, path, cold] : found) {
    // One that we may not open is no damaged one.
    COPPICE_TRY(files.open(path).status());
    repair.fresh.next_file_number = std::max(repair.fresh.next_file_number, file.number + 1);
  }
  repair.files = std::move(found);
  if (repair.files.empty()) return Error{Errc::not_found, repair.source + ": holds no file of a tree"};
  return success();
}

/// Not even repairing should take a directory that was forgotten for one that is lost.
Status check_cold_given(const TreeEnv& env, const std::string& source, const ManifestState& state) {
  const uint64_t count = cold_files(state).count;
  if (count == 0 || !env.cold_directory.empty()) return success();
  return Error{Errc::invalid_argument, source + ": files of it lie in a cold directory (" +
                                           std::to_string(count) +
                                           "), and none is given: give it, or, if it is lost, an empty one"};
}

void note_manifest(RepairState& repair, const OldManifest& manifest) {
  MendedFile file{join_path(repair.source, kManifestName)};
  file.fate = manifest.problem.empty() ? Fate::rebuilt : Fate::lost;
  if (!manifest.problem.empty()) file.problems.push_back(manifest.problem);
  repair.tell(std::move(file));
  if (manifest.problem.empty()) return;
  repair.report.doubts.push_back(repair.source +
                                 ": nothing says which tables were replaced by merges and not removed yet: "
                                 "keys that were deleted may be back");
  if (!manifest.begun && !repair.options.range)
    repair.report.doubts.push_back(repair.source +
                                   ": nothing says which keys the tree owned: it is given all");
}

void note_values(RepairState& repair) {
  std::vector<uint64_t> numbers;
  for (const auto& [file, path, cold] : repair.files)
    if (file.kind == FileName::Kind::values) numbers.push_back(file.number);
  repair.values.report(numbers, [&repair](MendedFile file) { repair.tell(std::move(file)); });
}

Status write_manifest(RepairState& repair) {
  FileSystem& files = repair.env.files;
  COPPICE_TRY(repair.values.keep(repair.fresh, repair.target));
  // The names first: a manifest never names what may not be there.
  COPPICE_TRY(files.sync_directory(repair.target));
  // What would not be read again must not be written.
  ManifestState whole;
  COPPICE_TRY(whole.apply(repair.fresh.whole()));
  COPPICE_TRY(whole.check_levels());
  COPPICE_TRY(Manifest::create(files, repair.target, std::move(whole), repair.random.next(), repair.env.keys)
                  .status());
  return files.sync_directory(parent_directory(repair.target));
}

}  // namespace

Status RepairState::ask() const {
  return options.go_on() ? success() : Error{Errc::cancelled, "the repair was cancelled"};
}

std::string RepairState::from(const TableMeta& table) const {
  const TreeFile* found = find_file(files, FileName::Kind::table, table.number, table.cold);
  return found != nullptr ? found->path
                          : join_path(env.place_of(source, table.cold), table_file_name(table.number));
}
std::string RepairState::to(uint64_t number) const { return join_path(target, table_file_name(number)); }

Status RepairState::check_table(const std::string& path, const TableMeta& meta) {
  return TableReader(env.files, path, meta, env.cache, env.keys)
      .verify([this](const ValueRef& ref) { return values.check(ref); })
      .status();
}

bool RepairState::lost_nothing() const {
  return std::all_of(report.files.begin() + static_cast<std::ptrdiff_t>(told_before), report.files.end(),
                     [](const MendedFile& file) { return file.lost.empty(); });
}

void RepairState::tell_lost(MendedFile file, const KeyRange& bounds) {
  file.fate = Fate::lost;
  file.lost.push_back(bounds);
  tell(std::move(file));
}

Status RepairState::mend_logs(const OldLogs& logs) {
  if (options.dry_run) {
    LogRescue rescue(env, source);
    for (const auto& [number, log] : logs) {
      MendedFile file;
      COPPICE_TRY(rescue.read(
          number, log.closed, [](const Record&) { return success(); }, file));
      tell(std::move(file));
    }
    return success();
  }
  for (const auto& [number, log] : logs) fresh.logs.emplace(number, ManifestState::LogState{true});
  return copy_logs(env, source, logs, target, random.next(),
                   [this](MendedFile file) { tell(std::move(file)); });
}

void note_salvage(const SalvagedTable& table, MendedFile& file) {
  file.count = table.entry_count();
  for (const std::string& problem : table.problems())
    if (std::ranges::find(file.problems, problem) == file.problems.end()) file.problems.push_back(problem);
  file.lost = table.lost();
}

bool is_damage(const Error& error) {
  return error.code == Errc::corruption || error.code == Errc::not_found || error.code == Errc::io_error;
}

std::string_view to_string(MendedFile::Fate fate) {
  switch (fate) {
    case Fate::kept:
      return "kept";
    case Fate::rebuilt:
      return "rebuilt";
    case Fate::merged:
      return "merged";
    case Fate::copied:
      return "copied";
    case Fate::left_out:
      return "left out";
    case Fate::lost:
      return "lost";
  }
  return "unknown";
}

bool RepairReport::lost_nothing() const {
  return std::ranges::all_of(files, [](const MendedFile& file) { return file.lost.empty(); });
}

Status repair_tree(const TreeEnv& env, const std::string& source, const std::string& target,
                   const RepairOptions& options, RepairReport& report) {
  RepairState repair{env, source, target, options, report, Random(env.seed)};
  COPPICE_TRY(find_files(repair));
  COPPICE_TRY_ASSIGN(manifest, read_old_manifest(env.files, source, repair.files, env.keys));
  COPPICE_TRY(check_cold_given(env, source, manifest.state));
  note_manifest(repair, manifest);
  repair.values.know(manifest.state, repair.files);
  ManifestState& fresh = repair.fresh;
  fresh.range = options.range ? *options.range : manifest.state.range;
  fresh.next_file_number = std::max(fresh.next_file_number, manifest.state.next_file_number);
  COPPICE_TRY(check_numbers(join_path(source, kManifestName), fresh.next_file_number));
  if (!options.dry_run) COPPICE_TRY(env.files.make_directory(target));
  COPPICE_TRY(manifest.problem.empty() ? mend_by_manifest(repair, manifest.state)
                                       : mend_by_content(repair, manifest));
  note_values(repair);
  return options.dry_run ? success() : write_manifest(repair);
}

}  // namespace coppice::engine
