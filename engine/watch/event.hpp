// What happens to a tree, for whoever wants to know at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/watch/reason.hpp"
#include "schema/result.hpp"

namespace coppice::engine {

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
  /// Tables that were built outside were taken in, as they are; their bytes are `bytes_read`.
  tables_ingested,
};
inline constexpr size_t kEventKindCount = 16;

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
  /// Of a stall.
  StallReason reason = StallReason::none;
  /// Of a merge, of tables that moved or went, and of a flush that is merged at once.
  MergeReason merge_reason = MergeReason::none;
  /// Of a split: the two shards.
  std::array<uint64_t, 2> halves{};
  /// cancelled: given up, to be done another time.
  Status outcome = success();
};

/// The name of its reason, be it of a stall or of a merge; "" without one.
const char* reason_of(const Event& event);

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
