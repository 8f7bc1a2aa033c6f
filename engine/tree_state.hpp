// Everything a Tree holds. tree.hpp is the contract; the files beside it each work on a part of this.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.hpp"
#include "engine/compact/cold_rule.hpp"
#include "engine/compact/flush_step.hpp"
#include "engine/compact/job_state.hpp"
#include "engine/compact/merge_control.hpp"
#include "engine/log/live_logs.hpp"
#include "engine/log/log_files.hpp"
#include "engine/memtable_memory.hpp"
#include "engine/read_state.hpp"
#include "engine/version/manifest.hpp"

namespace coppice::engine {

/// So many memtables can be sealed, while one is being flushed, without waiting for the disk.
inline constexpr size_t kSpareLogsMax = 2;

struct SealedMemtable {
  std::shared_ptr<const Memtable> memtable;
  /// The last commit applied when it was sealed: it and older memtables hold all up to here.
  Timestamp through;
  /// Keys of which all is in tables already. Readers still find them in the memtable as well, which says the same; so does its
  /// log, until all of it is flushed.
  std::vector<KeyRange> taken = {};
  /// What is left; made when it is first asked for.
  std::optional<KeySample> waiting = {};
};

struct TreeState {
  TreeEnv env;
  std::string directory;
  TreeShape options;
  std::shared_ptr<ReadState> readers;

  Manifest manifest;
  LogWriter log;
  LiveLogs logs;
  /// Begun, named in the manifest and empty: the next logs, in order.
  std::deque<LogWriter> spare_logs;
  /// No manifest names them any more; the next job removes them.
  std::vector<uint64_t> retired_logs = {};
  std::shared_ptr<FileNumbers> numbers;
  std::shared_ptr<MergeRate> merge_rate;
  Random random;

  std::shared_ptr<MemtableMemory> memory;
  std::shared_ptr<Memtable> active;
  /// Oldest first.
  std::deque<SealedMemtable> sealed;
  std::shared_ptr<const Version> version;

  Timestamp last_logged;
  Timestamp last_commit;
  /// See View.
  Timestamp floor;
  uint64_t floor_ms = 0;
  /// See Tree::history_from.
  Timestamp history_from;

  bool flush_under_way = false;
  std::vector<MergeUnderWay> merges_under_way = {};
  Merging merging = Merging::on;
  uint64_t flushes = 0;
  uint64_t merges = 0;
  uint64_t tables_dropped = 0;
  uint64_t tables_ingested = 0;
  uint64_t bytes_flushed = 0;
  /// Into each level.
  std::array<uint64_t, kLevelCount> bytes_merged = {};
  /// By merges into each level, and what came to it from above.
  std::array<uint64_t, kLevelCount> bytes_merge_read = {};
  std::array<uint64_t, kLevelCount> bytes_arrived = {};
  uint64_t bytes_logged = 0;
  /// By flushes and merges.
  uint64_t entries_read = 0;
  uint64_t entries_written = 0;
  /// Of `version`: see backlog.hpp.
  double merge_debt = 0;

  /// Until then nothing is written to the cold directory, as there was no room: see cold_rule.hpp.
  uint64_t cold_full_until_ms = 0;

  /// How often the cache had been told so, when tables were last looked at: see unread_tables.hpp.
  uint64_t asked_back_before = 0;

  bool closed = false;
  /// A file operation failed whose effect on the disk is not known.
  bool broken = false;

  ~TreeState();

  Timestamp visible() const { return Timestamp{readers->visible.load(std::memory_order_relaxed)}; }
  /// Milliseconds since 1970; not before the latest write that is visible.
  uint64_t now_ms() const;
  /// Of now.
  ColdRule cold_rule() const;
  std::string path(const std::string& name) const;
  std::shared_ptr<Memtable> make_memtable() { return memory->make(random.next(), options.memtable_size); }

  /// Makes the present memtables and version what readers see, and lets go what no reader needs any more.
  void publish();
  void reclaim() { readers->views.reclaim(); }
  /// What follows from how far the tree is behind. To be called whenever memtables were sealed, or a version installed.
  void measure();

  /// io_error if the tree is broken or closed.
  Status check_usable() const;
  /// Remembers a failure after which only recovery knows what is on the disk.
  Status broken_by(Status status);
  /// The same of the log, which a lack of room leaves as it was.
  Status broken_with_log(Status status);
};

/// It should be sealed: by size, or because each range delete costs as much as there are already.
bool is_full(const Memtable& memtable, const TreeShape& options);

}  // namespace coppice::engine
