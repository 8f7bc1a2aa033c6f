// Finds one key in a view.
#pragma once

#include "engine/cursor/expiry.hpp"
#include "engine/view.hpp"
#include "engine/watch/read_work.hpp"

namespace coppice::engine {

/// Whether `key` has a value at `at` that has not expired, and if so, that in `value`, whose memory is used again; otherwise it is as it was.
/// Asks the newest source first and stops at the first that has a word about the key: a version, or a range delete
/// that covers it. `work` counts what it asks for, and is told where it ended. `version`, if not null, gets the commit of the newest
/// version that has a part in the value, or kTimestampMin.
/// would_block with `cached_only` in `options`, if the answer is not in memory; corruption names the file and
/// offset. Blocks: on the disk, unless `cached_only`.
Result<bool> look_up(const View& view, ByteView key, Timestamp at, Expiry& expiry, TableReadOptions options,
                     Bytes& value, ReadWork& work, Timestamp* version = nullptr);

}  // namespace coppice::engine
