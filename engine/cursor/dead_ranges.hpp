// Stretches of keys in which nothing is alive, found by one reader and crossed by the next in one step.
#pragma once

#include <array>

#include "engine/base/machine_threads.hpp"
#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// What a reader that has walked over a stretch of dead keys still does not know about it.
class LaterPuts {
public:
  virtual ~LaterPuts() = default;

  /// False: no source of the tree holds a put in [begin, end) that committed after `at`; true: one does, or may.
  /// Knows all that was applied before the call, and all that was applied by a thread whose fence behind it comes
  /// before the caller's fence.
  virtual bool may_hold(ByteView begin, ByteView end, Timestamp at) const = 0;
};

/// A few ranges, each a promise: "in [begin, end) no key is alive at any moment from `since` on, as long as no put
/// is applied in there". Deletes revive nothing, and flushes and merges change nothing that anybody sees, so a
/// range holds through views, until a put falls into it. A queue, that pushes at one end and pops at the other, finds its
/// head behind any number of tombstones by one jump.
///
/// A reader at `at` has walked from begin to end and found nothing alive. Only a put that commits after
/// `at` can change that, so it remains to know of those, the ones being applied right now included:
///
///     reader                                     owner
///     1. the range becomes watched               1. applies a put in the range
///     2. fence                                   2. fence
///     3. looks for puts after `at`: none         3. looks for watched ranges that hold the put: takes it out
///     4. watched becomes proven, since = at      4. raises the visible timestamp
///
/// Of the two fences one comes first (Dekker): either the reader finds the put, or the owner finds the range, and
/// step 4 of the reader fails, or the proven range is cut before anybody can see the put. A reader that uses a
/// range looked at it after its own moment became visible; whatever was applied up to there has been taken out.
///
/// A range grows in place. What was proven stays watched by the same word all the time, so only
/// what is new is looked at; a queue pays for each tombstone once. The owner cuts a put out of a range and keeps both sides.
///
/// Each slot is a sequence lock: its state word says free, busy (one thread writes it) or live, and
/// changes with every change of the bounds; who read the same live word before and after has read one range. The owner
/// never waits: a busy slot it marks as spoilt, and the reader that is busy there frees it.
///
/// Bounds longer than kBoundSizeMax are not kept: such a range is walked over each time.
template <class Threads = MachineThreads, size_t kSlotCount = 4>
class BasicDeadRanges {
public:
  static constexpr size_t kBoundSizeMax = 256;

  BasicDeadRanges() = default;
  BasicDeadRanges(const BasicDeadRanges&) = delete;
  BasicDeadRanges& operator=(const BasicDeadRanges&) = delete;

  /// A range as it was found; `version` tells it from what its slot holds later.
  struct Range {
    Bytes begin;
    Bytes end;
    size_t slot = 0;
    uint64_t version = 0;
  };

  /// The proven range that holds `key`, for a reader at `at`. Requires: `at` was visible before the call.
  /// Threads: any number.
  bool find(ByteView key, Timestamp at, Range& found);

  /// Proves [begin, end), or does nothing if that cannot be had. Requires: at `at`, which was visible when the
  /// caller's view was pinned, nothing in there is alive. Threads: any number.
  void add(ByteView begin, ByteView end, Timestamp at, const LaterPuts& puts);
  /// The same, making `known` larger. Requires: [begin, end) holds it.
  void extend(const Range& known, ByteView begin, ByteView end, Timestamp at, const LaterPuts& puts);

  /// Whether put() has to be told of puts that were applied before this call. Threads: the tree's owner.
  bool in_use() const {
    Threads::fence(std::memory_order_seq_cst);
    return used_count_.load(std::memory_order_relaxed) != 0;
  }
  /// A put of `key` was applied, and its commit is not yet visible. Threads: the tree's owner.
  void put(ByteView key);
  /// The same of any keys of `range`: what holds one of them is forgotten.
  void put_any(const KeyRange& range);

private:
  template <class U>
  using Atomic = typename Threads::template Atomic<U>;

  // The low bits of a state; the rest is a version that rises whenever a slot is claimed or freed.
  static constexpr uint64_t kLive = 1;
  static constexpr uint64_t kBusy = 2;
  static constexpr uint64_t kSpoilt = 4;
  static constexpr uint64_t kFlags = kLive | kBusy | kSpoilt;
  static constexpr uint64_t kVersionOne = 8;

  static constexpr uint64_t kNothingProven = UINT64_MAX;

  static uint64_t next_version(uint64_t state) { return (state & ~kFlags) + kVersionOne; }

  /// A key in words that compare as its bytes do, so that it can be compared where it is.
  class Bound {
  public:
    static bool fits(ByteView key) { return key.size() <= kBoundSizeMax; }
    void set(ByteView key);
    void set(const Bound& other);
    /// While it is being written, nonsense, but of at most kBoundSizeMax bytes.
    void copy_to(Bytes& target) const;
    std::strong_ordering compare(ByteView key) const;

  private:
    /// The bytes of `key` from `offset` on as a number in their order, zeros where it ends.
    static uint64_t word_at(ByteView key, size_t offset);

    Atomic<uint32_t> size_{0};
    std::array<Atomic<uint64_t>, kBoundSizeMax / sizeof(uint64_t)> words_{};
  };

  struct alignas(64) Slot {
    Atomic<uint64_t> state{0};
    /// Raw; kNothingProven: the slot is watched only.
    Atomic<uint64_t> since{0};
    /// A reader has crossed the range since the hand last came by.
    Atomic<bool> crossed{false};
    Bound begin, end;
    /// Holds the proven range.
    Bound watched_begin, watched_end;
  };

  bool claim(Slot& slot, uint64_t& state);
  bool publish(Slot& slot, uint64_t& state);
  void release(Slot& slot, uint64_t state);
  static bool unchanged(const Slot& slot, uint64_t state);

  Slot* claim_any(uint64_t& state);
  void prove(Slot& slot, uint64_t state, ByteView begin, ByteView end, Timestamp at);
  /// Calls `settle` with each slot that watches something, until it returns true or the slot watches nothing; a busy one is spoilt.
  template <class Settle>
  void visit_watched(Settle&& settle);
  bool cut(Slot& slot, uint64_t state, ByteView key);
  void keep_lower(const Slot& slot, ByteView key);

  std::array<Slot, kSlotCount> slots_;
  /// Slots that are not free, or more: raised before a slot goes live, lowered after it was freed.
  Atomic<uint32_t> used_count_{0};
  Atomic<uint32_t> hand_{0};
};

/// Its code lies in dead_ranges.cpp.
extern template class BasicDeadRanges<MachineThreads>;
using DeadRanges = BasicDeadRanges<>;

}  // namespace coppice::engine
