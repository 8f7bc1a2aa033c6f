#include "actors/stalls.hpp"

namespace coppice::actors {

using engine::Event;
using engine::EventKind;
using engine::StallReason;

namespace {

uint64_t us_of(std::chrono::steady_clock::duration span) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(span).count());
}

}  // namespace

void Stalls::add(std::chrono::steady_clock::duration span) {
  us_ += us_of(span);
  counts_[static_cast<size_t>(reason_)].us += us_of(span);
}

void Stalls::begin(Time now, StallReason reason) {
  if (reason_ == reason) return;
  end(now);
  reason_ = reason;
  ++counts_[static_cast<size_t>(reason)].count;
  tell_({.kind = EventKind::stall_begun, .reason = reason});
}

void Stalls::pause(Time now, StallReason reason, std::chrono::microseconds pause) {
  begin(now, reason);
  add(pause);
}

void Stalls::wait(Time now, StallReason reason) {
  begin(now, reason);
  if (waiting_since_) add(now - *waiting_since_);
  waiting_since_ = now;
}

void Stalls::go_on(Time now) {
  if (waiting_since_) add(now - *waiting_since_);
  waiting_since_.reset();
}

void Stalls::end(Time now) {
  go_on(now);
  if (!is_open()) return;
  tell_({.kind = EventKind::stall_ended, .took_us = us_, .reason = reason_});
  reason_ = StallReason::none;
  us_ = 0;
}

void Stalls::held(std::chrono::steady_clock::duration span) {
  StallCount& count = counts_[static_cast<size_t>(StallReason::held)];
  ++count.count;
  count.us += us_of(span);
}

}  // namespace coppice::actors
