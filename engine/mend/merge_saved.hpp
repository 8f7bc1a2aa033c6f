// Tables and memtables whose order in time nobody knows, merged version by version.
#pragma once

#include <functional>
#include <vector>

#include "engine/compact/job_state.hpp"
#include "engine/mend/salvage.hpp"

namespace coppice::engine {

/// What takes part in a merge, and where its keys lie.
struct SavedSource {
  KeyRange bounds;
  /// A table's file; empty: the memtable.
  std::string path;
  std::shared_ptr<const Memtable> memtable = nullptr;
  /// Of a table that was built outside: the commit of its entries. Of two versions with one commit its own is the older.
  Timestamp ingested = kTimestampMin;
};

/// Every version that any of `sources` holds of a key of `range`, once, and their range deletes, as tables in `job`'s
/// directory: part.outputs, which are apart and ascend. cancelled: `go_on` said no. Requires: `range` is `part`'s. Memory: range
/// deletes, and the blocks of tables that overlap.
/// Durable: on success, the tables and their names. Blocks: on the disk, for long.
Status merge_saved(const std::vector<SavedSource>& sources, ValueRescue& values, const JobState& job,
                   JobPart& part, const std::function<bool()>& go_on);

}  // namespace coppice::engine
