#include "engine/ingest/ingest_tables.hpp"

#include <algorithm>
#include <array>

#include "engine/ingest/ingest_level.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

bool overlaps(const Memtable& memtable, const KeyRange& range) {
  if (memtable.empty()) return false;
  for (const RangeDelete& deleted : memtable.range_deletes().deletes()) {
    const KeyRange covered{deleted.begin, deleted.unbounded ? std::nullopt : std::optional(deleted.end)};
    if (covered.overlaps(range)) return true;
  }
  const auto cursor = memtable.cursor();
  const Entry* const entry = cursor->seek({range.begin, kTimestampMax});
  return entry != nullptr && range.contains(entry->key);
}

/// The edit that names the tables, each in its level.
VersionEdit edit_of(const TreeState& tree, std::vector<TableMeta> tables, Timestamp commit) {
  VersionEdit edit;
  for (TableMeta& table : tables) {
    table.ingested = table.oldest = table.newest = commit;
    const uint32_t level = ingest_level(*tree.version, tree.options, table.bounds, tree.merges_under_way);
    edit.added.push_back({level, std::move(table)});
  }
  edit.next_file_number = tree.numbers->load(std::memory_order_relaxed);
  return edit;
}

}  // namespace

bool memtables_overlap(const TreeState& tree, const KeyRange& range) {
  const auto meets = [&](const SealedMemtable& sealed) { return overlaps(*sealed.memtable, range); };
  return overlaps(*tree.active, range) || std::ranges::any_of(tree.sealed, meets);
}

Result<std::unique_ptr<Ingest>> prepare_ingest(TreeState& tree, std::span<const OutsideTable> tables) {
  COPPICE_TRY(tree.check_usable());
  auto ingest = std::make_unique<LinkedTables>(tree.env.files);
  for (const OutsideTable& table : tables) {
    COPPICE_CHECK(table.meta.bounds.overlaps(tree.readers->range));
    const uint64_t number = tree.numbers->fetch_add(1, std::memory_order_relaxed);
    COPPICE_TRY(ingest->add(table, tree.path(table_file_name(number)), number));
  }
  // A manifest never names what may not be there.
  COPPICE_TRY(tree.env.files.sync_directory(tree.directory));
  const std::array edits{edit_of(tree, ingest->tables(), kTimestampMax), VersionEdit()};
  COPPICE_TRY(tree.manifest.make_room(edits));
  return std::unique_ptr<Ingest>(std::move(ingest));
}

Status install_ingest(TreeState& tree, LinkedTables& ingest, Timestamp commit) {
  COPPICE_TRY(tree.check_usable());
  COPPICE_CHECK(commit > tree.last_commit);
  COPPICE_CHECK(commit > tree.visible());
  COPPICE_CHECK(commit > tree.last_logged);
  const VersionEdit edit = edit_of(tree, ingest.tables(), commit);
  for (const auto& added : edit.added) COPPICE_CHECK(!memtables_overlap(tree, added.table.bounds));
  // So that no crash loses what was written before and keeps this.
  COPPICE_TRY(tree.broken_by(tree.log.sync()));
  // If the append fails, the edit may be on the disk all the same.
  ingest.release();
  COPPICE_TRY(tree.broken_by(tree.manifest.append(edit, tree.random.next())));
  // The next record says that this one was on the disk. Otherwise damage to it would pass for an edit that a crash cut short, as
  // no log holds what it brought.
  VersionEdit behind;
  behind.next_file_number = edit.next_file_number;
  COPPICE_TRY(tree.broken_by(tree.manifest.append(behind, tree.random.next())));

  std::vector<TableHandle> handles;
  Event event{.kind = EventKind::tables_ingested, .tables = edit.added.size()};
  for (const auto& added : edit.added) {
    handles.push_back(make_table_handle(tree.env, tree.directory, added.table));
    tree.bytes_arrived[added.level] += added.table.file_size;
    event.bytes_read += added.table.file_size;
  }
  tree.version = tree.version->apply(edit, handles);
  tree.tables_ingested += handles.size();
  tree.last_logged = tree.last_commit = commit;
  tree.measure();
  tree.publish();
  if (DeadRanges& dead = tree.readers->dead_ranges; dead.in_use())
    for (const auto& added : edit.added) dead.put_any(added.table.bounds);
  tree.readers->visible.store(commit.raw, std::memory_order_release);
  tree.env.watch.tell(std::move(event));
  return success();
}

}  // namespace coppice::engine
