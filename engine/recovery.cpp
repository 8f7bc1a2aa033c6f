#include "engine/recovery.hpp"

#include <algorithm>

#include "engine/base/checksum.hpp"
#include "engine/cold_directory.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/replay.hpp"

namespace coppice::engine {
namespace {

Error damage(const std::string& path, const std::string& what) {
  return Error{Errc::corruption, path + ": " + what};
}

/// A log that the manifest does not call closed. Behind the one that was written to last lie spare ones; before it
/// some that were sealed, but perhaps not synced.
struct OpenLog {
  uint64_t number = 0;
  LogHeader header;
  LogFront front;
  LogEnd end = LogEnd::open;
};

/// Reads everything and changes nothing.
class Reading {
public:
  Reading(const TreeEnv& env, const std::string& directory, const TreeShape& options)
      : env_(env), directory_(directory), options_(options), random_(env.seed ^ checksum(directory, 0)) {}

  Status read() {
    COPPICE_TRY_ASSIGN(content, Manifest::read(env_.files, directory_, env_.keys));
    manifest = std::move(content);
    last_commit = manifest.state.flushed;
    memory = std::make_shared<MemtableMemory>(env_.cache);
    begin_memtable();
    COPPICE_TRY(check_cold_directory(env_, directory_, manifest.state));
    COPPICE_TRY(find_tables());
    COPPICE_TRY(read_logs());
    COPPICE_TRY(find_orphans());
    COPPICE_TRY(find_cold_orphans());
    return check_numbers(join_path(directory_, kManifestName), next_number);
  }

  ManifestContent manifest;
  std::shared_ptr<const Version> version;
  std::shared_ptr<MemtableMemory> memory;
  std::shared_ptr<Memtable> active;
  std::deque<SealedMemtable> sealed;
  LiveLogs logs;
  /// In order; what was read ends in the last of them.
  std::vector<OpenLog> open_logs;
  /// Logs behind that one; all that they may hold is given up.
  std::vector<OpenLog> later_logs;
  Timestamp last_commit;
  uint64_t next_number = 1;
  /// Paths of files that the manifest does not name.
  std::vector<std::string> orphans;
  /// Of the logs that it names.
  uint64_t records = 0;

private:
  std::string path(const std::string& name) const { return join_path(directory_, name); }

  Status find_tables() {
    std::array<Version::Level, kLevelCount> levels;
    next_number = manifest.state.next_file_number;
    for (const auto& [number, added] : manifest.state.tables) {
      const std::string table_path =
          join_path(env_.place_of(directory_, added.table.cold), table_file_name(number));
      COPPICE_TRY(env_.keys.check(added.table.key_id, table_path));
      COPPICE_TRY(check_size(table_path, "table", added.table.file_size));
      levels[added.level].push_back(make_table_handle(env_, directory_, added.table));
      next_number = std::max(next_number, number + 1);
      last_commit = std::max(last_commit, added.table.newest);
    }
    std::vector<ValueFileHandle> values;
    for (const auto& [number, value] : manifest.state.values) {
      const std::string value_path =
          join_path(env_.place_of(directory_, value.file.cold), value_file_name(number));
      COPPICE_TRY(env_.keys.check(value.file.key_id, value_path));
      COPPICE_TRY(check_size(value_path, "value file", value.file.file_size));
      values.push_back(make_value_file(env_, directory_, value.file));
      next_number = std::max(next_number, number + 1);
    }
    version = std::make_shared<const Version>(std::move(levels), values);
    return success();
  }

  /// That a file which the manifest names is there, and as large as it was written.
  Status check_size(const std::string& file_path, const std::string& what, uint64_t size) const {
    const auto file = env_.files.open(file_path);
    if (!file.ok() && file.error().code == Errc::not_found)
      return damage(file_path,
                    "the " + what + " is missing, and " + path(std::string(kManifestName)) + " names it");
    COPPICE_TRY(file.status());
    if ((*file)->size() == size) return success();
    return damage(file_path, "offset " + std::to_string(std::min((*file)->size(), size)) + ": the " + what +
                                 " has " + std::to_string((*file)->size()) + " bytes, and was written with " +
                                 std::to_string(size));
  }

  Status read_logs() {
    const auto& named = manifest.state.logs;
    for (const auto& [number, log] : named) {
      if (log.closed && !open_logs.empty())
        return damage(path(std::string(kManifestName)), "log " + std::to_string(number) +
                                                            " was closed before log " +
                                                            std::to_string(open_logs.back().number));
      next_number = std::max(next_number, number + 1);
      const bool ended = !open_logs.empty() && open_logs.back().end != LogEnd::closed;
      COPPICE_TRY(ended ? check_later_log(number) : read_log(number, log.closed));
    }
    replay_->finish();
    return success();
  }

  Status read_log(uint64_t number, bool closed) {
    const std::string log_path = path(log_file_name(number));
    COPPICE_TRY_ASSIGN(reader, open_named_log(number));
    logs.begin(number, reader.header().sealing.seal.key_id);
    for (;;) {
      COPPICE_TRY_ASSIGN(record, reader.next());
      if (!record) break;
      if (Status replayed = replay(*record); !replayed.ok())
        return std::move(replayed).error().within(log_path + ": offset " +
                                                  std::to_string(reader.record_offset()));
    }
    logs.set_size(reader.end_offset());
    if (closed && reader.end() != LogEnd::closed)
      return damage(log_path, "offset " + std::to_string(reader.end_offset()) +
                                  ": the log was closed, and has lost its end");
    if (!closed) open_logs.push_back({number, reader.header(), reader.front(), reader.end()});
    return success();
  }

  /// The log before this one lacks its close record. It was sealed before anything was put here, so this log is empty;
  /// or it was not synced when power failed, and then nothing here was either; or it is damaged.
  Status check_later_log(uint64_t number) {
    const std::string log_path = path(log_file_name(number));
    COPPICE_TRY_ASSIGN(reader, open_named_log(number));
    later_logs.push_back({number, reader.header(), {reader.header().size(), {}}});
    for (;;) {
      COPPICE_TRY_ASSIGN(record, reader.next());
      if (!record) return success();
      if (record->synced)
        return damage(path(log_file_name(open_logs.back().number)),
                      "offset " + std::to_string(open_logs.back().front.size) +
                          ": the log has lost its end: " + log_file_name(number) +
                          " was written when it was on the disk");
    }
  }

  Result<LogReader> open_named_log(uint64_t number) {
    const std::string log_path = path(log_file_name(number));
    auto reader = LogReader::open(env_.files, log_path, number, env_.keys);
    if (!reader.ok() && reader.error().code == Errc::not_found)
      return damage(log_path, "the log is missing, and " + path(std::string(kManifestName)) + " names it");
    return reader;
  }

  Status replay(const Record& record) {
    if (record.commit <= last_logged_) return Error{Errc::corruption, "commit timestamps do not rise"};
    last_logged_ = record.commit;
    ++records;
    logs.note(record.commit);
    if (record.kind == RecordKind::batch) {
      COPPICE_TRY(batch_.assign(record.payload));
      replay(batch_, record.commit);
      return success();
    }
    if (record.kind != RecordKind::spanning)
      return Error{Errc::corruption, "a tree's log has no records of this kind"};
    COPPICE_TRY_ASSIGN(spanning, decode_spanning(record.payload));
    replay(spanning.parts[spanning.own].batch, record.commit);
    logs.note_recovered({record.commit, std::move(spanning.parts)});
    return success();
  }

  void replay(const Batch& batch, Timestamp commit) {
    // What is flushed already stays in its log as long as others need the log.
    if (commit <= manifest.state.flushed) return;
    replay_->add(batch, commit);
    last_commit = std::max(last_commit, commit);
    memory->count(*active);
    if (!is_full(*active, options_)) return;
    replay_->finish();
    sealed.push_back({active, commit});
    begin_memtable();
  }

  void begin_memtable() {
    active = memory->make(random_.next(), options_.memtable_size);
    replay_.emplace(*active, options_.memtable_size);
  }

  Status find_orphans() {
    COPPICE_TRY_ASSIGN(names, env_.files.list(directory_));
    for (const std::string& name : names) {
      // What is named is no orphan, whatever its number.
      const auto file = parse_loose_file_name(name);
      if (!file) continue;
      next_number = std::max(next_number, file->number + 1);
      if (file->kind == FileName::Kind::log && !manifest.state.logs.contains(file->number)) {
        COPPICE_TRY(check_orphan_log(file->number));
      } else if (file->kind == FileName::Kind::table || file->kind == FileName::Kind::values) {
        if (manifest.state.has(*file, false)) continue;
      } else if (file->kind != FileName::Kind::fresh_manifest) {
        continue;
      }
      orphans.push_back(path(name));
    }
    return success();
  }

  Status find_cold_orphans() {
    COPPICE_TRY_ASSIGN(cold, list_cold_directory(env_, manifest.state));
    next_number = std::max(next_number, cold.next_number);
    orphans.insert(orphans.end(), cold.orphans.begin(), cold.orphans.end());
    return success();
  }

  /// A log that the manifest does not name is one of two: retired, so all in it is in tables; or begun and
  /// never named, so nothing is in it. Else the manifest has lost its end.
  Status check_orphan_log(uint64_t number) {
    const std::string log_path = path(log_file_name(number));
    auto reader = LogReader::open(env_.files, log_path, number, env_.keys);
    if (!reader.ok() && reader.error().code == Errc::corruption) return success();
    COPPICE_TRY(reader.status());
    for (;;) {
      COPPICE_TRY_ASSIGN(record, reader->next());
      if (!record) return success();
      if (record->commit > manifest.state.flushed)
        return damage(path(std::string(kManifestName)),
                      "offset " + std::to_string(manifest.front.size) + ": the manifest has lost its end: " +
                          log_file_name(number) + " holds what is in no table, and is not named");
    }
  }

  const TreeEnv& env_;
  const std::string& directory_;
  const TreeShape& options_;
  Random random_;
  Timestamp last_logged_;
  /// Into `active`.
  std::optional<Replay> replay_;
  Batch batch_;
};

Result<LogWriter> cut_log(const TreeEnv& env, const std::string& directory, const OpenLog& log) {
  return LogWriter::resume(env.files, join_path(directory, log_file_name(log.number)), log.header, log.front);
}

/// Makes what was read durable, and ends it with a close record. Until that is there what lay behind is empty, in every
/// later log from the last on, so that it never follows upon what was read. Oldest first: a record says that all before
/// it is on the disk.
Status close_logs(const TreeEnv& env, const std::string& directory, const Reading& found) {
  for (auto log = found.later_logs.rbegin(); log != found.later_logs.rend(); ++log)
    COPPICE_TRY(cut_log(env, directory, *log).status());
  for (const OpenLog& log : found.open_logs) {
    COPPICE_TRY_ASSIGN(writer, cut_log(env, directory, log));
    if (log.end != LogEnd::closed) COPPICE_TRY(writer.close());
  }
  return success();
}

/// `count` logs with numbers from `first` on.
Result<std::deque<LogWriter>> begin_logs(const TreeEnv& env, const std::string& directory, uint64_t first,
                                         uint64_t count, Random& random) {
  std::deque<LogWriter> logs;
  for (uint64_t number = first; number < first + count; ++number) {
    COPPICE_TRY_ASSIGN(log, begin_log(env.files, directory, number, random.next(), env.keys));
    logs.push_back(std::move(log));
  }
  return logs;
}

void remove_orphans(const TreeEnv& env, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) (void)env.files.remove(path).ok();
}

}  // namespace

Result<std::unique_ptr<TreeState>> recover(const TreeEnv& env, const std::string& directory,
                                           const TreeShape& asked) {
  COPPICE_TRY(check_options(asked));
  const uint64_t begin_ns = env.watch.now_ns();
  TreeShape options = asked;
  options.memtable_size = MemtableMemory::bound(env.cache, asked.memtable_size);
  Reading found(env, directory, options);
  COPPICE_TRY(found.read());
  const uint64_t log_size = found.logs.size();

  // All is decided; from here on files change.
  COPPICE_TRY(make_cold_directory(env));
  Random random(env.seed ^ checksum(directory, found.next_number));
  constexpr uint64_t kLogCount = 1 + kSpareLogsMax;
  const uint64_t log_number = std::exchange(found.next_number, found.next_number + kLogCount);
  const Timestamp flushed = found.manifest.state.flushed;
  COPPICE_TRY_ASSIGN(manifest, Manifest::resume(env.files, directory, std::move(found.manifest), env.keys));
  COPPICE_TRY(close_logs(env, directory, found));
  COPPICE_TRY_ASSIGN(new_logs, begin_logs(env, directory, log_number, kLogCount, random));

  // Whoever created the tree may have died before its own name was on the disk.
  COPPICE_TRY(env.files.sync_directory(parent_directory(directory)));

  VersionEdit edit;
  for (const LogWriter& log : new_logs) edit.logs_begun.push_back(log.number());
  for (const OpenLog& log : found.open_logs) edit.logs_closed.push_back(log.number);
  found.logs.begin(log_number, env.keys.current());
  edit.logs_retired = found.logs.retirable(flushed);
  found.logs.retire(edit.logs_retired);
  for (const OpenLog& log : found.later_logs) edit.logs_retired.push_back(log.number);
  edit.next_file_number = found.next_number;
  if (manifest.state().history_from == kTimestampMin) edit.history_from = found.last_commit;
  COPPICE_TRY(manifest.append(edit, random.next()));

  remove_logs(env.files, directory, edit.logs_retired);
  remove_orphans(env, found.orphans);

  auto readers = std::make_shared<ReadState>();
  readers->range = manifest.state().range;
  readers->clock = env.clock;
  readers->watch = env.watch;
  const Timestamp history_from = manifest.state().history_from;
  readers->visible.store(found.last_commit.raw, std::memory_order_release);
  LogWriter log = std::move(new_logs.front());
  new_logs.pop_front();
  auto state = std::make_unique<TreeState>(TreeState{
      .env = env,
      .directory = directory,
      .options = options,
      .readers = std::move(readers),
      .manifest = std::move(manifest),
      .log = std::move(log),
      .logs = std::move(found.logs),
      .spare_logs = std::move(new_logs),
      .numbers = std::make_shared<FileNumbers>(found.next_number),
      .merge_rate = std::make_shared<MergeRate>(0),
      .random = random,
      .memory = std::move(found.memory),
      .active = std::move(found.active),
      .sealed = std::move(found.sealed),
      .version = std::move(found.version),
      .last_logged = found.last_commit,
      .last_commit = found.last_commit,
      .floor = found.last_commit,
      .floor_ms = history_from.milliseconds(),
      .history_from = history_from,
  });
  state->measure();
  state->publish();
  Event event{.kind = EventKind::recovered, .bytes_read = log_size};
  for (uint32_t level = 0; level < kLevelCount; ++level) event.tables += state->version->level(level).size();
  event.took_us = (env.watch.now_ns() - begin_ns) / 1000;
  env.watch.tell(std::move(event));
  return state;
}

Result<Findings> look(const TreeEnv& env, const std::string& directory) {
  const TreeShape options;
  Reading found(env, directory, options);
  COPPICE_TRY(found.read());
  return Findings{found.manifest.state.logs.size(), found.records, std::move(found.orphans)};
}

Status check_keys(const TreeEnv& env, const std::string& directory) {
  // What KeyRing::check says, and nothing else that reads here.
  const auto lacks_key = [](const Status& status) {
    return !status.ok() && status.error().code == Errc::invalid_argument;
  };
  const auto manifest = Manifest::read(env.files, directory, env.keys);
  if (!manifest.ok()) return lacks_key(manifest.status()) ? manifest.status() : success();
  for (const auto& [number, added] : manifest->state.tables)
    COPPICE_TRY(env.keys.check(added.table.key_id, join_path(directory, table_file_name(number))));
  for (const auto& [number, value] : manifest->state.values)
    COPPICE_TRY(env.keys.check(value.file.key_id, join_path(directory, value_file_name(number))));
  for (const auto& [number, log] : manifest->state.logs) {
    const std::string path = join_path(directory, log_file_name(number));
    if (Status opened = LogReader::open(env.files, path, number, env.keys).status(); lacks_key(opened))
      return opened;
  }
  return success();
}

}  // namespace coppice::engine
