// A store in the making beside another: a checkpoint of one that is served, or what a repair saves of a damaged one.
#pragma once

#include <string>

#include "actors/shard_map.hpp"

namespace coppice::actors {

/// A file of the store's directory, there from the first step until it opens. So what a crash left is known for what it is:
/// no start, verification or repair takes it for a store, and the next try in its place removes it, as does the next start of
/// the store whose checkpoint it was to be.
inline constexpr std::string_view kUnfinishedName = "UNFINISHED";

/// Makes `target` a directory with room for trees at shard_path(). An empty one may be there; one that was left unfinished goes
/// first; in_use: anything else is there; not_found: it has no parent. After a failure nothing of it is left, if the disk allows.
/// Durable: on success, `target`, and its name in its parent.
Status begin_second_store(engine::FileSystem& files, const std::string& target);
/// All that `map` names lies there: from here on it is a store, without a cold directory. Durable: on success.
Status end_second_store(engine::FileSystem& files, const std::string& target, ShardMap map,
                        const engine::KeyRing& keys);
/// Removes what was begun and not ended. A crash in the midst of it leaves what is recognised as before.
Status drop_second_store(engine::FileSystem& files, const std::string& target);

/// Whether `directory` was begun and not ended. One that is missing was not; io_error: it is no directory.
Result<bool> is_unfinished(engine::FileSystem& files, const std::string& directory);
/// invalid_argument, saying what to do, if it was.
Status check_finished(engine::FileSystem& files, const std::string& directory);

}  // namespace coppice::actors
