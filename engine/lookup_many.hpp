// Finds several keys in a view.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/cursor/expiry.hpp"
#include "engine/view.hpp"
#include "engine/watch/read_work.hpp"

namespace coppice::engine {

/// look_up() of each key, in the order given. What they wait for, they wait for together: first lines of memory, by asking
/// for those of all keys before the first is looked at, and then blocks on the disk (see BlockStash).
/// `work` and `places` count what they ask for, and how many ended where.
/// invalid_argument: the values have more than `size_max` bytes together. Errors and Blocks: as look_up().
Result<std::vector<std::optional<Bytes>>> look_up_many(const View& view, std::span<const ByteView> keys,
                                                       Timestamp at, Expiry& expiry,
                                                       const TableReadOptions& options, size_t size_max,
                                                       ReadWork& work, PlaceCounts& places);

}  // namespace coppice::engine
