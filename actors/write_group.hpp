// Which of the writes that wait commit together.
#pragma once

#include <vector>

#include "actors/write_request.hpp"

namespace coppice::actors {

/// Of range deletes in one group, unless one batch alone has more: each costs a memtable as much as it has
/// already, and a memtable that has many is sealed, but only between groups.
inline constexpr uint32_t kGroupRangeDeletesMax = 64;

/// Takes the oldest requests out of `waiting`: the first, and those behind it that fit. `size_max` is of keys and
/// values together.
std::vector<std::unique_ptr<WriteRequest>> take_group(WriteList& waiting, size_t size_max);

}  // namespace coppice::actors
