// Which of many is looked at closely.
#pragma once

#include <cstdint>

namespace coppice::engine {

/// Of a thread: the next one picked is so many away, and what the one behind it is drawn from; 0 before anything was drawn.
struct Sampling {
  uint64_t left = 0;
  uint64_t seed = 0;
};

/// The rest of is_picked(): this one is picked, or nothing was drawn yet.
bool draw_next(Sampling& sampling, uint32_t interval);

/// Whether this one is picked: each is with the same chance, one in `interval`, whatever was picked before, so no rhythm of
/// those that come can hide from it or add to it. Passing one over costs a decrement of a thread's own word.
/// Requires: `interval` > 0; 1 picks all. Threads: any.
inline bool is_picked(uint32_t interval) {
  constinit static thread_local Sampling sampling;
  if (sampling.left > 1 && interval > 1) {
    --sampling.left;
    return false;
  }
  return draw_next(sampling, interval);
}

}  // namespace coppice::engine
