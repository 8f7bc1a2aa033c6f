// What happens to a tree, for whoever wants to know at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "schema/result.hpp"

namespace coppice::engine {

/// Why writes wait.
enum class StallReason : uint8_t {
  none,
  /// Memtables wait for their flush.
  memtables,
  /// A read would meet too many tables in level 0.
  level0_depth,
  /// A level has outgrown its size, and merging has not caught up.
  merging,
  /// Value files hold much that nobody refers to, and merges have not caught up with emptying them.
  garbage,
  /// No room, or another failure that keeps memtables from being sealed, or the log from growing.
  full_disk,
  /// A batch over several shards has the turn.
  held,
  /// Memtables of all trees together have outgrown their share of the memory.
  memory,
};
inline constexpr size_t kStallReasonCount = 8;

/// For people and for JSON: "memtables", "level0_depth".
const char* name_of(StallReason reason);

enum class EventKind : uint8_t {
  /// The tree was opened: `tables` there are, `bytes_read` of logs were replayed.
  recovered,
  /// A memtable of `bytes_read` bytes takes no more writes.
  memtable_sealed,
  flush_begun,
  /// Or given up, or failed: `outcome` says so.
  flush_ended,
  merge_begun,
  merge_ended,
  /// Tables changed their level, unread.
  tables_moved,
  /// Tables in which nothing was left to see are gone, unread.
  tables_dropped,
  /// Writes are slowed, or kept waiting, for `reason`.
  stall_begun,
  /// `took_us`: how long writes had to wait since it began, all pauses together.
  stall_ended,
  /// A read met damage, or a file that cannot be read. Of many only the first, the second, the fourth, the eighth ... are told.
  read_failed,
  /// A write or a change to the manifest failed: the tree takes no more.
  broken,
  /// The shard does not serve, and `outcome` says why.
  shard_down,
  /// The shard serves again, or for the first time.
  shard_up,
  /// The shard became two.
  split,
};
inline constexpr size_t kEventKindCount = 15;

/// "flush_begun".
const char* name_of(EventKind kind);

/// What does not concern a kind is 0.
struct Event {
  EventKind kind = EventKind::recovered;
  /// Watch::id.
  uint64_t tree = 0;
  /// Of a merge, and of what a flush is merged into at once. Level 0 for flushes.
  uint32_t source_level = 0;
  uint32_t target_level = 0;
  /// Of a flush or merge: tables read, and written. When one begins the latter are 0.
  uint64_t tables = 0;
  uint64_t tables_written = 0;
  /// In bytes. A flush reads its memtable.
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  /// 0 also if no stopwatch was handed in.
  uint64_t took_us = 0;
  StallReason reason = StallReason::none;
  /// Of a split: the two shards.
  std::array<uint64_t, 2> halves{};
  /// cancelled: given up, to be done another time.
  Status outcome = success();
};

/// It happened, and should be seen by a person.
bool is_trouble(const Event& event);

/// Told of every event of the trees that have it.
///
/// Called on whichever thread it happens on, several at once, readers' and the tree owner's among them: it must neither
/// block, nor call the tree or its owner, nor throw.
class EventListener {
public:
  virtual ~EventListener() = default;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace coppice::engine
