// When merges may begin: what the owner of a tree was told, as pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace coppice::engine {

/// Flushes go on in all of them, so memory stays bounded and logs are let go.
///
///                  merges that are due    merges asked for    merges under way
///     on           begin                  begin               go on
///     off          -                      begin               go on
///     paused       -                      wait                hold still, and go on from there
///     stopped      -                      are refused         are given up: outputs removed, inputs kept
///
/// While it is not on only merges that are asked for give space back: of what was overwritten and deleted, of tables under range
/// deletes, of garbage in value files (TreeStats::value_garbage_size). It is bounded all the same, as writes are refused once a read
/// meets too many tables (see merge_debt() in backlog.hpp), or there is too much garbage (garbage_debt() in garbage.hpp).
enum class Merging : uint8_t { on, off, paused, stopped };

/// "on", "off", "paused" or "stopped".
const char* name_of(Merging merging);

/// A merge of a range that somebody asked for may begin.
inline bool may_begin_asked(Merging merging) { return merging == Merging::on || merging == Merging::off; }

/// In how long merges that are due may be looked for; nothing: not before `merging` is another. They are looked for at most
/// every `interval`, the last time having been `ago`; but at once when `debt` slows writers down, as an interval is
/// there to spare the disk, and not to stop the tree.
std::optional<std::chrono::milliseconds> time_to_look(Merging merging, std::chrono::milliseconds interval,
                                                      std::chrono::milliseconds ago, double debt);

}  // namespace coppice::engine
