// Who may read a slot of the block cache, and who may write it: one atomic word.
#pragma once

#include <cstdint>

#include "engine/base/machine_threads.hpp"

namespace coppice::engine {

///     63     62   61 ........ 34   33 32   31 ......... 0
///     live  busy   tag (28 bits)   clock   pins
///
///     empty --claim--> busy --publish--> live --evict (pins == 0)--> busy --clear--> empty
///                                        live --move (pins == 0)---> busy --publish--> live
///
/// Why the orderings suffice:
///  - Claim, evict and move are compare-and-swaps to `busy`, so one thread at a time writes a slot's key and place,
///    and only while the slot is busy.
///  - Publish adds `live` with release. A reader pins by fetch_add with acquire and looks at the word before its
///    own addition: if that was live, it sees the key, the place and the bytes as published, and they stay, because evict
///    and move need a word with no pins. If it was not live, the reader takes its pin back and has read nothing.
///  - A pin is given back with release, and evict and move acquire: whatever a reader read, it read before the bytes
///    are written over. Clear is a release and claim acquires, so that slots pass whole from who emptied them to who fills them.
///    Every change of the word is a read-modify-write, so the release sequence is never broken.
///  - Passing pins of readers that came too late may sit on an empty or busy word; every transition adds or
///    subtracts its own bits only, so none of them is lost.
template <class Threads = MachineThreads>
class SlotWord {
public:
  /// False: the slot is not empty.
  bool claim() {
    uint64_t word = word_.load(std::memory_order_relaxed);
    while ((word & (kLive | kBusy)) == 0)
      if (word_.compare_exchange_weak(word, word | kBusy, std::memory_order_acquire,
                                      std::memory_order_relaxed))
        return true;
    return false;
  }

  /// Of a block with this hash, with a pin of the caller's. Requires: claimed.
  void publish(uint64_t hash) {
    word_.fetch_add(kLive - kBusy + tag_of(hash) + 1, std::memory_order_release);
  }

  /// Whether the slot holds a block with this hash for which `is_wanted`, which reads the slot. It counts as a hit, and stays until
  /// unpin().
  template <class IsWanted>
  bool pin(uint64_t hash, IsWanted&& is_wanted) {
    const uint64_t wanted = kLive | tag_of(hash);
    // A glance first: a pin taken for nothing would disturb whoever uses that slot.
    if ((word_.load(std::memory_order_relaxed) & (kLive | kTagMask)) != wanted) return false;
    const uint64_t before = word_.fetch_add(1, std::memory_order_acquire);
    if ((before & (kLive | kTagMask)) == wanted && is_wanted()) {
      if ((before & kClockMask) != kClockMask) word_.fetch_or(kClockMask, std::memory_order_relaxed);
      return true;
    }
    unpin();
    return false;
  }
  void unpin() { word_.fetch_sub(1, std::memory_order_release); }

  enum class Fate { stays, moves, goes };
  /// What becomes of a live block: of one that `goes` or `moves` the slot is busy now. With `spare_hit` what was hit moves.
  Fate judge(bool spare_hit) {
    uint64_t word = word_.load(std::memory_order_relaxed);
    if ((word & kPinsMask) != 0) return Fate::stays;
    const bool moves = spare_hit && (word & kClockMask) != 0;
    const uint64_t next = moves ? word - kLive + kBusy - kClockOne : kBusy;
    if (!word_.compare_exchange_strong(word, next, std::memory_order_acquire, std::memory_order_relaxed))
      return Fate::stays;
    return moves ? Fate::moves : Fate::goes;
  }
  /// Requires: `moves`, and is where it is to be.
  void publish_moved() { word_.fetch_add(kLive - kBusy, std::memory_order_release); }
  /// Requires: `goes`, and nothing of it is needed.
  void clear() { word_.fetch_sub(kBusy, std::memory_order_release); }

  bool is_pinned() const { return (word_.load(std::memory_order_acquire) & kPinsMask) != 0; }

private:
  static constexpr uint64_t kPinsMask = (uint64_t{1} << 32) - 1;
  static constexpr uint64_t kClockOne = uint64_t{1} << 32;
  static constexpr uint64_t kClockMask = uint64_t{3} << 32;
  static constexpr uint64_t kTagShift = 34;
  static constexpr uint64_t kTagMask = ((uint64_t{1} << 28) - 1) << kTagShift;
  static constexpr uint64_t kBusy = uint64_t{1} << 62;
  static constexpr uint64_t kLive = uint64_t{1} << 63;

  static uint64_t tag_of(uint64_t hash) { return (hash >> 36) << kTagShift; }

  typename Threads::template Atomic<uint64_t> word_{0};
};

}  // namespace coppice::engine
