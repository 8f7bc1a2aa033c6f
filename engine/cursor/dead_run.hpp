// What a scan notes while it walks over dead keys, for the scans behind it.
#pragma once

#include "engine/cursor/dead_ranges.hpp"
#include "engine/cursor/walk.hpp"

namespace coppice::engine {

/// Where a scan finds dead ranges and leaves them. Without `ranges` it does neither.
struct DeadRangeAccess {
  DeadRanges* ranges = nullptr;
  const LaterPuts* puts = nullptr;
  /// Where the scan says that it passes what is dead; or nullptr.
  Walk* walk = nullptr;
};

/// The run of dead keys that a scan is in, from the first that it met to the last so far, nothing alive between
/// them. The scan says each of them in the order of its way; where a proven range is met it goes on at its other end.
/// A run that was long enough is proven when it ends, or makes the range longer that it led through.
class DeadRun {
public:
  /// Requires: `at` was visible when the view that is scanned was pinned.
  DeadRun(const DeadRangeAccess& access, Timestamp at) : access_(access), at_(at) {}

  /// The way comes to `key`, which is dead. The proven range that holds it, or nullptr.
  /// Lifetime: until the next call.
  const DeadRanges::Range* pass(ByteView key) { return count_++ % kLookEvery == 0 ? look(key) : nullptr; }

  /// Something alive follows, or nothing more. All between the first key and here is dead: forward up to and with
  /// `last`, a dead key; back down to `last`, and with it if it is dead. Without keys nothing happens.
  void end_forward(ByteView last) {
    if (count_ != 0) finish(first_, last, true);
  }
  void end_back(ByteView last, bool dead) {
    if (count_ != 0) finish(last, first_, dead);
  }

private:
  // To look costs as much as a few steps.
  static constexpr uint32_t kLookEvery = 32;
  // What makes a range worth one of the few places, and one that is there worth being made longer.
  static constexpr uint32_t kNewMin = 128;
  static constexpr uint32_t kMoreMin = 16;

  const DeadRanges::Range* look(ByteView key);
  void finish(ByteView lowest, ByteView highest, bool with_lowest);

  const DeadRangeAccess access_;
  const Timestamp at_;
  /// Keys since the run began or led through a range.
  uint32_t count_ = 0;
  Bytes first_;
  /// Ranges that the run led through, and the last of them.
  uint32_t range_count_ = 0;
  DeadRanges::Range range_;
  DeadRanges::Range found_;
};

}  // namespace coppice::engine
