#include <algorithm>
#include <memory>
#include <utility>

#include "engine/io/copy_file.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/spanning.hpp"
#include "engine/mend/merge_saved.hpp"
#include "engine/mend/repair_state.hpp"
#include "engine/mend/rescue_logs.hpp"
#include "engine/mend/table_summary.hpp"
#include "engine/replay.hpp"
#include "engine/tree_state.hpp"

namespace coppice::engine {
namespace {

using Fate = MendedFile::Fate;

/// A table of which nothing says where it belongs.
struct LooseTable {
  std::string path;
  uint64_t number = 0;
  bool whole = false;
  /// Of a damaged one only the bounds, and what was read of it.
  TableMeta meta = {};
};

/// What lies between the first and the last key, and what range deletes cover. Grows by what it is told of; empty at first.
class Hull {
public:
  void add(ByteView first, ByteView last) { add(KeyRange{Bytes(first), Bytes(last) + '\0'}); }
  void add(const std::vector<RangeDelete>& range_deletes) {
    for (const RangeDelete& range_delete : range_deletes) {
      KeyRange range{range_delete.begin, range_delete.end};
      if (range_delete.unbounded) range.end.reset();
      add(range);
    }
  }
  const KeyRange& range() const { return range_; }

private:
  void add(const KeyRange& more) {
    if (range_.empty()) {
      range_ = more;
      return;
    }
    range_.begin = std::min(range_.begin, more.begin);
    if (range_.end && (!more.end || *more.end > *range_.end)) range_.end = more.end;
  }

  KeyRange range_{"", ""};
};

KeyRange bounds_of(const Memtable& memtable) {
  Hull hull;
  const auto cursor = memtable.cursor();
  if (const Entry* first = cursor->seek({})) {
    const Bytes begin(first->key);
    hull.add(begin, cursor->seek_last()->key);
  }
  hull.add(memtable.range_deletes().deletes());
  return hull.range();
}

/// Reads it to its end.
KeyRange bounds_of(SalvagedTable& table) {
  Hull hull;
  while (const Entry* entry = table.next()) hull.add(entry->key, entry->key);
  hull.add(table.range_deletes());
  return hull.range();
}

class MendByContent {
public:
  explicit MendByContent(RepairState& repair) : repair_(repair) {}

  Status run(const OldManifest& manifest) {
    std::vector<SavedSource> sources;
    OldLogs logs;
    for (const auto& [file, path, cold] : repair_.files) {
      if (file.kind == FileName::Kind::log) {
        const auto known = manifest.state.logs.find(file.number);
        logs.emplace(file.number,
                     known == manifest.state.logs.end() ? ManifestState::LogState{} : known->second);
      }
      if (file.kind != FileName::Kind::table) continue;
      // Of two of one number one is a copy that somebody made.
      if (std::ranges::find(manifest.removed, file.number) != manifest.removed.end() ||
          find_file(repair_.files, file.kind, file.number)->path != path) {
        repair_.tell({.path = path, .fate = Fate::left_out});
        continue;
      }
      COPPICE_TRY(find_loose_table(path, file.number));
    }
    date_outside_tables(manifest);
    // Without their tables logs say nothing of which commits are the newest, so all are kept, and none is replayed.
    COPPICE_TRY(load_logs(logs));
    COPPICE_TRY(place_sources());
    for (const auto& [number, added] : repair_.fresh.tables)
      repair_.fresh.flushed = std::max(repair_.fresh.flushed, added.table.newest);
    return repair_.mend_logs(logs);
  }

private:
  Status find_loose_table(const std::string& path, uint64_t number) {
    COPPICE_TRY(repair_.ask());
    LooseTable table{path, number};
    const auto meta = read_summary(files(), table.path, number, repair_.env.keys);
    if (meta.ok()) table.meta = *meta;
    const Status whole = meta.ok() ? repair_.check_table(table.path, *meta) : meta.status();
    if (whole.ok()) {
      table.whole = true;
      loose_.push_back(std::move(table));
      return success();
    }
    if (!is_damage(whole.error())) return whole;
    MendedFile file{table.path, Fate::merged, 0, {whole.error().text}};
    const auto salvaged = SalvagedTable::open(repair_.env, repair_.values, table.path, {});
    if (!salvaged.ok()) {
      if (!is_damage(salvaged.error())) return salvaged.error();
      repair_.tell_lost(std::move(file), {});
      return success();
    }
    if ((*salvaged)->is_outside()) table.meta.ingested = kOutsideCommit;
    table.meta.bounds = bounds_of(**salvaged);
    COPPICE_TRY((*salvaged)->status());
    note_salvage(**salvaged, file);
    repair_.tell(std::move(file));
    if (!table.meta.bounds.empty()) loose_.push_back(std::move(table));
    return success();
  }

  /// Of a table that was built outside only a manifest knows the moment. Where none does, the latest is taken that is certain:
  /// right behind all that tables with smaller numbers hold, as those were there before. So it hides nothing that
  /// was written after it; what was written before it may hide a part of it.
  void date_outside_tables(const OldManifest& manifest) {
    std::ranges::sort(loose_, {}, &LooseTable::number);
    Timestamp before;
    for (LooseTable& table : loose_) {
      TableMeta& meta = table.meta;
      if (meta.ingested != kTimestampMin) {
        const auto known = manifest.state.tables.find(table.number);
        const bool is_known = known != manifest.state.tables.end() &&
                              known->second.table.ingested != kTimestampMin &&
                              known->second.table.unique_id == meta.unique_id;
        meta.ingested = is_known ? known->second.table.ingested : Timestamp{before.raw + 1};
        meta.oldest = meta.newest = meta.ingested;
        if (!is_known)
          repair_.report.doubts.push_back(
              table.path +
              ": was ingested, and nothing says when: where other files hold its keys as well, " +
              "what they hold may be shown although the ingested was newer; ingest the file once more if " +
              "nothing was written to its keys since");
      }
      before = std::max(before, meta.newest);
    }
  }

  Status load_logs(const OldLogs& logs) {
    LogRescue rescue(repair_.env, repair_.source);
    Batch batch;
    std::optional<Replay> replay;
    const auto take = [&](const Record& record) -> Status {
      if (record.kind == RecordKind::spanning) {
        COPPICE_TRY_ASSIGN(spanning, decode_spanning(record.payload));
        batch = std::move(spanning.parts[spanning.own].batch);
      } else {
        COPPICE_TRY(batch.assign(record.payload));
      }
      if (memtables_.empty() || is_full(*memtables_.back(), repair_.options.tree)) {
        if (replay) replay->finish();
        memtables_.push_back(
            std::make_shared<Memtable>(repair_.random.next(), repair_.options.tree.memtable_size));
        replay.emplace(*memtables_.back(), repair_.options.tree.memtable_size);
      }
      replay->add(batch, record.commit);
      repair_.fresh.flushed = std::max(repair_.fresh.flushed, record.commit);
      return success();
    };
    for (const auto& [number, log] : logs) {
      // What became of it is told where it is copied.
      MendedFile file;
      COPPICE_TRY(rescue.read(number, log.closed, take, file));
    }
    if (replay) replay->finish();
    return success();
  }

  /// Bounds that overlap come together; a whole table that meets nothing stays as it is.
  Status place_sources() {
    std::vector<SavedSource> all;
    for (const LooseTable& table : loose_) {
      if (table.meta.bounds.overlaps(repair_.fresh.range)) {
        all.push_back({table.meta.bounds, table.path, nullptr, table.meta.ingested});
      } else if (table.whole) {
        repair_.tell({.path = table.path, .fate = Fate::left_out});
      }
    }
    for (const auto& memtable : memtables_)
      if (const KeyRange bounds = bounds_of(*memtable); !bounds.empty())
        all.push_back({bounds, "", memtable});
    std::ranges::sort(all, {}, [](const SavedSource& source) { return source.bounds.begin; });
    for (size_t first = 0; first < all.size();) {
      KeyRange hull = all[first].bounds;
      size_t end = first + 1;
      for (; end < all.size() && all[end].bounds.overlaps(hull); ++end)
        if (hull.end && (!all[end].bounds.end || *all[end].bounds.end > *hull.end))
          hull.end = all[end].bounds.end;
      COPPICE_TRY(place(
          {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end)},
          hull));
      first = end;
    }
    return success();
  }

  Status place(const std::vector<SavedSource>& sources, const KeyRange& hull) {
    const auto loose = std::ranges::find(loose_, sources.front().path, &LooseTable::path);
    if (sources.size() == 1 && loose != loose_.end() && loose->whole) {
      const uint64_t number = loose->meta.number;
      if (!repair_.options.dry_run) COPPICE_TRY(link_or_copy(files(), loose->path, repair_.to(number)));
      repair_.fresh.tables.emplace(number, VersionEdit::Added{kLastLevel, loose->meta});
      repair_.tell({.path = loose->path, .fate = Fate::kept, .count = loose->meta.entry_count});
      return success();
    }
    for (const SavedSource& source : sources) {
      const auto table = std::ranges::find(loose_, source.path, &LooseTable::path);
      if (table != loose_.end() && table->whole)
        repair_.tell({.path = source.path, .fate = Fate::merged, .count = table->meta.entry_count});
    }
    return repair_.options.dry_run ? success() : merge(sources, intersection(hull, repair_.fresh.range));
  }

  Status merge(const std::vector<SavedSource>& sources, const KeyRange& range) {
    if (range.empty()) return success();
    JobState job(Job::Kind::merge, repair_.env);
    job.directory = repair_.target;
    job.options = repair_.options.tree;
    job.filter_rate = repair_.filter_rate();
    job.compression = compression_of(repair_.options.tree, kLastLevel);
    job.numbers = std::make_shared<FileNumbers>(repair_.fresh.next_file_number);
    JobPart part{.range = range, .cuts = TableCuts({}, {.size_max = repair_.options.tree.table_size})};
    COPPICE_TRY(merge_saved(sources, repair_.values, job, part, repair_.options.go_on));
    repair_.fresh.next_file_number = job.numbers->load(std::memory_order_relaxed);
    for (TableMeta& meta : part.outputs) {
      const uint64_t number = meta.number;
      repair_.fresh.tables.emplace(number, VersionEdit::Added{kLastLevel, std::move(meta)});
    }
    return success();
  }

  FileSystem& files() const { return repair_.env.files; }

  RepairState& repair_;
  std::vector<LooseTable> loose_;
  std::vector<std::shared_ptr<Memtable>> memtables_;
};

}  // namespace

Status mend_by_content(RepairState& repair, const OldManifest& manifest) {
  return MendByContent(repair).run(manifest);
}

}  // namespace coppice::engine
