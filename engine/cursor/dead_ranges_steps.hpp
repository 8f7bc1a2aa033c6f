// How dead ranges keep what their header promises. For dead_ranges.cpp, and for tests that bring other threads.
#pragma once

#include <algorithm>
#include <cstring>

#include "engine/cursor/dead_ranges.hpp"

namespace coppice::engine {

template <class Threads, size_t kSlotCount>
uint64_t BasicDeadRanges<Threads, kSlotCount>::Bound::word_at(ByteView key, size_t offset) {
  uint64_t word = 0;
  std::memcpy(&word, key.data() + offset, std::min(sizeof(word), key.size() - offset));
  return __builtin_bswap64(word);
}

template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::Bound::set(ByteView key) {
  COPPICE_CHECK(fits(key));
  size_.store(static_cast<uint32_t>(key.size()), std::memory_order_relaxed);
  for (size_t offset = 0; offset < key.size(); offset += sizeof(uint64_t))
    words_[offset / sizeof(uint64_t)].store(word_at(key, offset), std::memory_order_relaxed);
}

template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::Bound::set(const Bound& other) {
  const uint32_t size = other.size_.load(std::memory_order_relaxed);
  size_.store(size, std::memory_order_relaxed);
  for (size_t offset = 0; offset < size; offset += sizeof(uint64_t)) {
    const size_t index = offset / sizeof(uint64_t);
    words_[index].store(other.words_[index].load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
}

template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::Bound::copy_to(Bytes& target) const {
  std::array<uint64_t, kBoundSizeMax / sizeof(uint64_t)> words;
  const uint32_t size = size_.load(std::memory_order_relaxed);
  for (size_t offset = 0; offset < size; offset += sizeof(uint64_t)) {
    const size_t index = offset / sizeof(uint64_t);
    words[index] = __builtin_bswap64(words_[index].load(std::memory_order_relaxed));
  }
  target.assign(reinterpret_cast<const char*>(words.data()), size);
}

template <class Threads, size_t kSlotCount>
std::strong_ordering BasicDeadRanges<Threads, kSlotCount>::Bound::compare(ByteView key) const {
  const size_t size = size_.load(std::memory_order_relaxed);
  const size_t both = std::min(size, key.size());
  for (size_t offset = 0; offset < both; offset += sizeof(uint64_t)) {
    const uint64_t mine = words_[offset / sizeof(uint64_t)].load(std::memory_order_relaxed);
    if (const uint64_t other = word_at(key, offset); mine != other) return mine <=> other;
  }
  // What follows in the longer one may be zeros in its last word, or more words.
  return size <=> key.size();
}

template <class Threads, size_t kSlotCount>
bool BasicDeadRanges<Threads, kSlotCount>::claim(Slot& slot, uint64_t& state) {
  const uint64_t busy = next_version(state) | kBusy;
  if (!slot.state.compare_exchange_strong(state, busy, std::memory_order_acq_rel, std::memory_order_acquire))
    return false;
  if ((state & kLive) == 0) used_count_.fetch_add(1, std::memory_order_relaxed);
  // What is written now must not be seen with the word that was there before.
  Threads::fence(std::memory_order_release);
  state = busy;
  return true;
}

// Requires: claimed. False: spoilt meanwhile, and free now.
template <class Threads, size_t kSlotCount>
bool BasicDeadRanges<Threads, kSlotCount>::publish(Slot& slot, uint64_t& state) {
  const uint64_t live = (state & ~kFlags) | kLive;
  if (slot.state.compare_exchange_strong(state, live, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    state = live;
    return true;
  }
  release(slot, state);
  return false;
}

// Nothing, if another was faster. Requires: `state` is live, or the caller's own claim.
template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::release(Slot& slot, uint64_t state) {
  if (slot.state.compare_exchange_strong(state, next_version(state), std::memory_order_acq_rel,
                                         std::memory_order_relaxed))
    used_count_.fetch_sub(1, std::memory_order_relaxed);
}

template <class Threads, size_t kSlotCount>
bool BasicDeadRanges<Threads, kSlotCount>::unchanged(const Slot& slot, uint64_t state) {
  Threads::fence(std::memory_order_acquire);
  return slot.state.load(std::memory_order_relaxed) == state;
}

template <class Threads, size_t kSlotCount>
bool BasicDeadRanges<Threads, kSlotCount>::find(ByteView key, Timestamp at, Range& found) {
  if (used_count_.load(std::memory_order_relaxed) == 0) return false;
  for (size_t index = 0; index < kSlotCount; ++index) {
    Slot& slot = slots_[index];
    const uint64_t state = slot.state.load(std::memory_order_acquire);
    if ((state & kLive) == 0 || slot.since.load(std::memory_order_relaxed) > at.raw) continue;
    if (slot.begin.compare(key) > 0 || slot.end.compare(key) <= 0) continue;
    slot.begin.copy_to(found.begin);
    slot.end.copy_to(found.end);
    if (!unchanged(slot, state)) continue;
    found.slot = index;
    found.version = state;
    if (!slot.crossed.load(std::memory_order_relaxed)) slot.crossed.store(true, std::memory_order_relaxed);
    return true;
  }
  return false;
}

// A free slot, or else the first that the hand finds not crossed since it last came by.
template <class Threads, size_t kSlotCount>
auto BasicDeadRanges<Threads, kSlotCount>::claim_any(uint64_t& state) -> Slot* {
  for (Slot& slot : slots_) {
    state = slot.state.load(std::memory_order_relaxed);
    if ((state & kFlags) == 0 && claim(slot, state)) return &slot;
  }
  for (size_t step = 0; step < 2 * kSlotCount; ++step) {
    Slot& slot = slots_[hand_.fetch_add(1, std::memory_order_relaxed) % kSlotCount];
    state = slot.state.load(std::memory_order_relaxed);
    if ((state & kLive) == 0 || slot.crossed.exchange(false, std::memory_order_relaxed)) continue;
    if (claim(slot, state)) return &slot;
  }
  return nullptr;
}

template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::add(ByteView begin, ByteView end, Timestamp at,
                                               const LaterPuts& puts) {
  if (begin >= end || !Bound::fits(begin) || !Bound::fits(end)) return;
  uint64_t state = 0;
  Slot* slot = claim_any(state);
  if (slot == nullptr) return;
  slot->since.store(kNothingProven, std::memory_order_relaxed);
  slot->watched_begin.set(begin);
  slot->watched_end.set(end);
  if (!publish(*slot, state)) return;

  Threads::fence(std::memory_order_seq_cst);
  if (puts.may_hold(begin, end, at)) return release(*slot, state);
  prove(*slot, state, begin, end, at);
}

template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::extend(const Range& known, ByteView begin, ByteView end,
                                                  Timestamp at, const LaterPuts& puts) {
  if (!Bound::fits(begin) || !Bound::fits(end)) return;
  COPPICE_CHECK(begin <= known.begin && known.end <= end);
  Slot& slot = slots_[known.slot];
  uint64_t state = known.version;
  if (!claim(slot, state)) return;
  slot.watched_begin.set(begin);
  slot.watched_end.set(end);
  if (!publish(slot, state)) return;

  Threads::fence(std::memory_order_seq_cst);
  // If so the slot watches more than it proves, which costs the owner a look now and then, and no more.
  if (begin < known.begin && puts.may_hold(begin, known.begin, at)) return;
  if (known.end < end && puts.may_hold(known.end, end, at)) return;
  prove(slot, state, begin, end, at);
}

// What the slot watches is proven, unless the slot has changed since `state`. Others that lie inside are not needed.
template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::prove(Slot& slot, uint64_t state, ByteView begin, ByteView end,
                                                 Timestamp at) {
  if (!claim(slot, state)) return;
  slot.begin.set(begin);
  slot.end.set(end);
  slot.since.store(at.raw, std::memory_order_relaxed);
  slot.crossed.store(true, std::memory_order_relaxed);
  if (!publish(slot, state)) return;
  for (Slot& other : slots_) {
    const uint64_t seen = other.state.load(std::memory_order_acquire);
    if (&other == &slot || (seen & kLive) == 0) continue;
    if (other.watched_begin.compare(begin) >= 0 && other.watched_end.compare(end) <= 0 &&
        unchanged(other, seen))
      release(other, seen);
  }
}

template <class Threads, size_t kSlotCount>
template <class Settle>
void BasicDeadRanges<Threads, kSlotCount>::visit_watched(Settle&& settle) {
  for (Slot& slot : slots_) {
    uint64_t state = slot.state.load(std::memory_order_acquire);
    for (bool settled = false; !settled;) {
      if ((state & (kLive | kBusy)) == 0 || (state & kSpoilt) != 0) break;
      if ((state & kBusy) != 0) {
        settled = slot.state.compare_exchange_strong(state, state | kSpoilt, std::memory_order_acq_rel,
                                                     std::memory_order_acquire);
        continue;
      }
      settled = settle(slot, state);
      if (!settled) state = slot.state.load(std::memory_order_acquire);
    }
  }
}

template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::put(ByteView key) {
  visit_watched([&](Slot& slot, uint64_t state) {
    const bool holds = slot.watched_begin.compare(key) <= 0 && slot.watched_end.compare(key) > 0;
    return unchanged(slot, state) && (!holds || cut(slot, state, key));
  });
}

template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::put_any(const KeyRange& range) {
  visit_watched([&](Slot& slot, uint64_t state) {
    const bool meets = slot.watched_end.compare(range.begin) > 0 &&
                       (!range.end || slot.watched_begin.compare(*range.end) < 0);
    if (!unchanged(slot, state)) return false;
    if (!meets) return true;
    if (!claim(slot, state)) return false;
    release(slot, state);
    return true;
  });
}

// Takes `key` out of the slot's range. False: the slot has changed.
template <class Threads, size_t kSlotCount>
bool BasicDeadRanges<Threads, kSlotCount>::cut(Slot& slot, uint64_t state, ByteView key) {
  if (!claim(slot, state)) return false;
  const bool proven = slot.since.load(std::memory_order_relaxed) != kNothingProven;
  if (!proven) {
    release(slot, state);
    return true;
  }
  if (slot.begin.compare(key) <= 0 && slot.end.compare(key) > 0) {
    if (slot.begin.compare(key) < 0) keep_lower(slot, key);
    const Bytes behind = Bytes(key) + '\0';
    if (!Bound::fits(behind) || slot.end.compare(behind) <= 0) {
      release(slot, state);
      return true;
    }
    slot.begin.set(behind);
  }
  slot.watched_begin.set(slot.begin);
  slot.watched_end.set(slot.end);
  (void)publish(slot, state);
  return true;
}

// What lies before `key` goes to a free slot, if there is one. Only the owner looks for ranges that hold a put, and
// it is here; so nobody misses a part that moves.
template <class Threads, size_t kSlotCount>
void BasicDeadRanges<Threads, kSlotCount>::keep_lower(const Slot& slot, ByteView key) {
  if (!Bound::fits(key)) return;
  for (Slot& lower : slots_) {
    uint64_t state = lower.state.load(std::memory_order_relaxed);
    if ((state & kFlags) != 0 || !claim(lower, state)) continue;
    lower.begin.set(slot.begin);
    lower.watched_begin.set(slot.begin);
    lower.end.set(key);
    lower.watched_end.set(key);
    lower.since.store(slot.since.load(std::memory_order_relaxed), std::memory_order_relaxed);
    (void)publish(lower, state);
    return;
  }
}

}  // namespace coppice::engine
