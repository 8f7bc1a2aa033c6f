#include "engine/mend/verify_tree.hpp"

#include <algorithm>
#include <map>

#include "engine/io/file_names.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/log/spanning.hpp"
#include "engine/mend/level_order.hpp"
#include "engine/mend/table_summary.hpp"
#include "engine/mend/tree_files.hpp"
#include "engine/recovery.hpp"
#include "engine/values/value_walk.hpp"

namespace coppice::engine {
namespace {

constexpr const char* kAdvice = ": restore the file from a backup, or repair the tree";

bool is_damage(const Error& error) {
  return error.code == Errc::corruption || error.code == Errc::unsupported || error.code == Errc::not_found;
}

class TreeVerifier {
public:
  TreeVerifier(const TreeEnv& env, const std::string& directory, const VerifyTreeOptions& options,
               VerifyReport& report)
      : env_(env), directory_(directory), options_(options), report_(report) {}

  Status run() {
    COPPICE_TRY_ASSIGN(files, list_tree_files(env_, directory_));
    files_ = std::move(files);
    const auto found = look(env_, directory_);
    if (found.ok()) {
      report_.logs += found->logs;
      report_.records += found->records;
      for (const std::string& orphan : found->orphans)
        report_.notes.push_back(orphan + ": no part of the tree: the next opening removes it");
    } else {
      COPPICE_TRY(note_problem(found.error()));
    }
    const auto manifest = Manifest::read(env_.files, directory_, env_.keys);
    if (!manifest.ok()) {
      // What an opening says of the manifest it says first.
      if (found.ok()) COPPICE_TRY(note_problem(manifest.error()));
      COPPICE_TRY(check_tables_alone());
      return check_logs_alone();
    }
    if (!found.ok()) COPPICE_TRY(check_logs_alone());
    if (options_.range && manifest->state.range != *options_.range)
      report_.problems.push_back(join_path(directory_, kManifestName) + ": the tree owns " +
                                 text_of(manifest->state.range) + ", and the store's map gives it " +
                                 text_of(*options_.range) + kAdvice);
    return check_tables(manifest->state);
  }

private:
  static std::string text_of(const KeyRange& range) {
    return "the keys from " + printable(range.begin) +
           (range.end ? " on and before " + printable(*range.end) : " to the last");
  }

  Status ask() const {
    if (options_.go_on(report_)) return success();
    return Error{Errc::cancelled, "the verification was cancelled"};
  }

  /// Once, though an opening may have met it before.
  Status note_problem(const Error& error) {
    if (!is_damage(error)) return error;
    const bool advises = error.text.find("restore") != std::string::npos;
    std::string text = error.code == Errc::unsupported || advises ? error.text : error.text + kAdvice;
    if (std::ranges::find(report_.problems, text) == report_.problems.end())
      report_.problems.push_back(std::move(text));
    return success();
  }

  Status check_value(const ValueRef& ref) {
    const auto file = value_files_.find(ref.file);
    if (file == value_files_.end())
      return damage(join_path(directory_, value_file_name(ref.file)), ref.place.offset,
                    "a table refers to a value in the file, which is no part of the tree");
    return values_.read(*file->second, ref.place, {.cached_only = false, .fill_cache = false}).status();
  }

  /// Whether all is well.
  Result<bool> check_table(const TableReader& table) {
    COPPICE_TRY(ask());
    ++report_.tables;
    const auto check = table.verify([this](const ValueRef& ref) { return check_value(ref); });
    if (!check.ok()) {
      COPPICE_TRY(note_problem(check.error()));
      return false;
    }
    report_.blocks += check->blocks;
    report_.entries += check->entries;
    report_.values += check->values;
    report_.bytes += check->bytes;
    return true;
  }

  Status check_tables(const ManifestState& state) {
    bool well = true;
    std::array<Version::Level, kLevelCount> levels;
    std::vector<ValueFileHandle> value_files;
    for (const auto& [number, value] : state.values) {
      value_files.push_back(make_value_file(env_, directory_, value.file));
      value_files_.emplace(number, value_files.back());
    }
    for (const auto& [number, added] : state.tables) {
      TableHandle table = make_table_handle(env_, directory_, added.table);
      COPPICE_TRY_ASSIGN(is_well, check_table(*table));
      well = well && is_well;
      levels[added.level].push_back(std::move(table));
    }
    // Of damaged tables nothing more can be said.
    if (!well) return success();
    return check_level_order(
        Version(std::move(levels), value_files), [this] { return options_.go_on(report_); },
        [this](std::string problem) { report_.problems.push_back(std::move(problem)); });
  }

  Status find_values_alone() {
    for (const auto& [file, path, cold] : files_) {
      if (file.kind != FileName::Kind::values) continue;
      auto meta = read_value_summary(env_.files, path, file.number);
      if (!meta.ok()) {
        COPPICE_TRY(note_problem(meta.error()));
        continue;
      }
      meta->cold = cold;
      value_files_.emplace(file.number, make_value_file(env_, directory_, *meta));
    }
    return success();
  }

  Status check_tables_alone() {
    COPPICE_TRY(find_values_alone());
    for (const auto& [file, path, cold] : files_) {
      if (file.kind != FileName::Kind::table) continue;
      auto meta = read_summary(env_.files, path, file.number, env_.keys);
      if (!meta.ok()) {
        ++report_.tables;
        COPPICE_TRY(note_problem(meta.error()));
        continue;
      }
      meta->cold = cold;
      COPPICE_TRY(check_table(*make_table_handle(env_, directory_, *meta)).status());
    }
    return success();
  }

  Status check_logs_alone() {
    for (const auto& [file, path, cold] : files_) {
      if (file.kind != FileName::Kind::log) continue;
      COPPICE_TRY(ask());
      ++report_.logs;
      if (const Status checked = check_log(path, file.number); !checked.ok())
        COPPICE_TRY(note_problem(checked.error()));
    }
    return success();
  }

  Status check_log(const std::string& path, uint64_t number) {
    COPPICE_TRY_ASSIGN(reader, LogReader::open(env_.files, path, number, env_.keys));
    for (;;) {
      COPPICE_TRY_ASSIGN(record, reader.next());
      if (!record) return success();
      ++report_.records;
      const Status valid = record->kind == RecordKind::spanning ? decode_spanning(record->payload).status()
                                                                : batch_.assign(record->payload);
      if (!valid.ok())
        return Error(valid.error()).within(path + ": offset " + std::to_string(reader.record_offset()));
    }
  }

  const TreeEnv& env_;
  const std::string& directory_;
  const VerifyTreeOptions& options_;
  VerifyReport& report_;
  std::vector<TreeFile> files_;
  std::map<uint64_t, ValueFileHandle> value_files_;
  ValueWalk values_;
  Batch batch_;
};

}  // namespace

Status verify_tree(const TreeEnv& env, const std::string& directory, const VerifyTreeOptions& options,
                   VerifyReport& report) {
  return TreeVerifier(env, directory, options, report).run();
}

}  // namespace coppice::engine
