// Finds one key in a view.
#pragma once

#include <optional>

#include "engine/view.hpp"

namespace coppice::engine {

/// The value of `key` at `at`; nothing if the key is absent. Asks the newest source first and stops at the
/// first that has a word about the key: a version, or a range delete that covers it.
/// would_block with `cached_only` in `options`, if the answer is not in memory; corruption names the file and
/// offset. Blocks: on the disk, unless `cached_only`.
Result<std::optional<Bytes>> look_up(const View& view, ByteView key, Timestamp at,
                                     const TableReadOptions& options);

}  // namespace coppice::engine
