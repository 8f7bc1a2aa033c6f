// Whether puts that expire have done so, for one reader.
#pragma once

#include <algorithm>
#include <utility>

#include "engine/base/clock.hpp"
#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// A reader of a moment that was asked for judges by that moment, whatever the time is. A reader of now judges by the clock,
/// which it asks when it meets the first put that expires, and once: all that it reads is of one moment.
///
/// By then a write that it does not see may have taken the place of what it finds expired, before that was so:
///
///     time    visible: v ---- w replaces v ---- v expires ---- clock: v has expired
///                                                              and yet the key was never absent
///
/// So a reader that relied_on_clock(), and finds that more has become visible since, reads again; by the same time, which then
/// lies before what it sees. Threads: one.
class Expiry {
public:
  /// By `at` alone.
  explicit Expiry(Timestamp at) : ms_(at.milliseconds()) {}
  /// By `clock`, or by `at` where that is later. Lifetime: the clock's.
  Expiry(Timestamp at, const Clock& clock) : clock_(&clock), ms_(at.milliseconds()) {}
  /// By what the clock said before `at` was taken.
  Expiry(Timestamp at, uint64_t asked_ms) : ms_(std::max(at.milliseconds(), asked_ms)) {}

  /// Requires: `stored` is the value of a put that expires.
  bool is_over(ByteView stored) {
    if (const Clock* const clock = std::exchange(clock_, nullptr)) {
      asked_ = true;
      ms_ = std::max(ms_, clock->milliseconds());
    }
    const bool over = expiry_of(stored) <= ms_;
    relied_ = relied_ || (over && asked_);
    return over;
  }

  bool relied_on_clock() const { return relied_; }
  /// What was judged by.
  uint64_t milliseconds() const { return ms_; }

private:
  /// Not asked yet.
  const Clock* clock_ = nullptr;
  uint64_t ms_;
  bool asked_ = false;
  bool relied_ = false;
};

}  // namespace coppice::engine
