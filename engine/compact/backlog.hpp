// How far a tree is behind with its flushes and merges, and how fast it may be written to meanwhile.
#pragma once

#include <string>

#include "engine/compact/level_shape.hpp"
#include "engine/compact/merge_control.hpp"
#include "engine/watch/reason.hpp"

namespace coppice::engine {

/// Bytes that merges will write until every level has its size, about.
uint64_t pending_merge_size(const Version& version, const TreeShape& options);

/// The share of what merging may be behind: 0 and less than 1 while writes are taken, 1 and more when they are
/// refused. The greatest of
///  - the tables that a read meets in level 0: from level0_slow_count() to twice as many;
///  - what every level has above its size. Level 0 may have half a memtable more for nothing, and up to one and a
///    half times its size, or four memtables if that is more; other levels half of their size, and up to twice.
/// While merges do not come by themselves there is nothing that slower writes would wait for: they go at full speed until a
/// read meets eight times as many tables as it else may, and are refused then.
double merge_debt(const Version& version, const TreeShape& options, Merging merging = Merging::on);

/// The same of memtables that wait for their flush: from half of sealed_memtables_max to all of them. As the active
/// memtable fills the debt grows, so that it does not jump when that is sealed.
double flush_debt(size_t sealed_count, size_t active_size, const TreeShape& options);

/// What a merge of a range has still to read, about: every table on its way down that has entries of `through` or before, with what
/// it meets there.
struct RangeBacklog {
  uint64_t tables = 0;
  uint64_t size = 0;
};
RangeBacklog range_backlog(const Version& version, const TreeShape& options, const KeyRange& range,
                           const KeyRange& owned, Timestamp through = kTimestampMax);

/// Why writes are slowed or refused, in words, and what to do; empty: they are not. `sealed_count` memtables wait, and the active
/// one has `active_size` bytes.
std::string backlog_text(const Version& version, const TreeShape& options, size_t sealed_count,
                         size_t active_size, Merging merging);

/// What the greatest of those debts and that of garbage comes from; none if all are 0.
StallReason stall_reason(const Version& version, const TreeShape& options, size_t sealed_count,
                         size_t active_size, Merging merging = Merging::on);

/// Bytes a second that merges should write while memtables find their way: a few while the tree is in shape, more as
/// a level outgrows its size, infinitely many from a quarter above it on. `waiting`: sealed memtables.
double merge_rate(const Version& version, const TreeShape& options, size_t waiting);

/// Bytes a second that may be written at this debt; infinite at 0, 0 at 1. It falls smoothly, from far above what
/// any disk merges to far below, so it meets the speed of merging at some debt before 1, and writers then go at
/// that speed:
///
///     debt             0.1    0.2    0.3    0.5    0.7    0.9
///     MiB a second     518    205    104     32      8    0.7
double write_rate(double debt);

}  // namespace coppice::engine
