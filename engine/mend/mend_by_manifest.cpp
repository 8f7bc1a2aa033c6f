#include <algorithm>

#include "engine/io/copy_file.hpp"
#include "engine/io/file_names.hpp"
#include "engine/mend/repair_state.hpp"
#include "engine/mend/table_summary.hpp"
#include "engine/table/table_builder.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {
namespace {

using Fate = MendedFile::Fate;

class MendByManifest {
public:
  explicit MendByManifest(RepairState& repair) : repair_(repair) {}

  Status run(const ManifestState& state) {
    for (const auto& [number, added] : state.tables) COPPICE_TRY(mend_table(added));
    repair_.fresh.flushed = state.flushed;
    for (const auto& [file, path, cold] : repair_.files) {
      const auto table = state.tables.find(file.number);
      const bool named = file.kind == FileName::Kind::manifest || file.kind == FileName::Kind::values ||
                         (file.kind == FileName::Kind::table && table != state.tables.end() &&
                          repair_.from(table->second.table) == path) ||
                         (file.kind == FileName::Kind::log && state.logs.contains(file.number));
      if (!named) repair_.tell({.path = path, .fate = Fate::left_out});
    }
    COPPICE_TRY(repair_.mend_logs(state.logs));
    // Otherwise earlier moments are not what they were: the next opening begins their history anew.
    if (repair_.lost_nothing()) repair_.fresh.history_from = state.history_from;
    return success();
  }

private:
  Status mend_table(const VersionEdit::Added& added) {
    COPPICE_TRY(repair_.ask());
    const TableMeta& meta = added.table;
    MendedFile file{repair_.from(meta)};
    const Status whole = repair_.check_table(file.path, meta);
    if (whole.ok()) {
      file.count = meta.entry_count;
      if (!repair_.options.dry_run) COPPICE_TRY(link_or_copy(files(), file.path, repair_.to(meta.number)));
      repair_.fresh.tables.emplace(meta.number, added).first->second.table.cold = false;
      repair_.tell(std::move(file));
      return success();
    }
    if (!is_damage(whole.error())) return whole.error();
    file.problems.push_back(whole.error().text);
    if (is_another(file.path, meta)) {
      repair_.tell_lost(std::move(file), meta.bounds);
      return success();
    }
    const auto table = SalvagedTable::open(repair_.env, repair_.values, file.path, meta.bounds);
    if (!table.ok()) {
      if (!is_damage(table.error())) return table.error();
      repair_.tell_lost(std::move(file), meta.bounds);
      return success();
    }
    if (meta.ingested != kTimestampMin) (*table)->ingested_at(meta.ingested);
    (*table)->expect(meta);
    return rebuild(**table, added, std::move(file));
  }

  bool is_another(const std::string& path, const TableMeta& meta) const {
    const auto file = files().open(path);
    if (!file.ok()) return true;
    const auto footer = read_footer(**file);
    return !footer.ok() || footer->unique_id != meta.unique_id;
  }

  /// What can be read, under the same number and in the same level, where it keeps within the old bounds and commits.
  Status rebuild(SalvagedTable& table, const VersionEdit::Added& added, MendedFile file) {
    const uint64_t number = added.table.number;
    TableBuilderOptions with{.number = number, .unique_id = repair_.random.next()};
    with.block_size = repair_.options.tree.block_size;
    with.filter_rate = repair_.filter_rate();
    with.compression = compression_of(repair_.options.tree, added.level);
    with.keys = repair_.env.keys;
    std::unique_ptr<TableBuilder> builder;
    if (!repair_.options.dry_run) {
      COPPICE_TRY_ASSIGN(out, files().create(repair_.to(number)));
      builder = std::make_unique<TableBuilder>(std::move(out), with);
    }
    while (const Entry* entry = table.next())
      if (builder != nullptr) COPPICE_TRY(builder->add(*entry));
    COPPICE_TRY(table.status());
    note_salvage(table, file);
    file.fate = Fate::rebuilt;
    if (table.entry_count() == 0 && table.range_deletes().empty()) {
      if (builder != nullptr) COPPICE_TRY(files().remove(repair_.to(number)));
      repair_.tell_lost(std::move(file), added.table.bounds);
      return success();
    }
    repair_.tell(std::move(file));
    if (builder == nullptr) return success();
    for (const RangeDelete& range_delete : table.range_deletes()) builder->add_range_delete(range_delete);
    COPPICE_TRY_ASSIGN(meta, builder->finish());
    repair_.fresh.tables.emplace(number, VersionEdit::Added{added.level, std::move(meta)});
    return success();
  }

  FileSystem& files() const { return repair_.env.files; }

  RepairState& repair_;
};

}  // namespace

Status mend_by_manifest(RepairState& repair, const ManifestState& manifest) {
  return MendByManifest(repair).run(manifest);
}

}  // namespace coppice::engine
