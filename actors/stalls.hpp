// Why, and how long, the writes of one shard had to wait.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <optional>

#include "engine/watch/event.hpp"

namespace coppice::actors {

/// For one reason.
struct StallCount {
  /// How often writes began to be slowed or kept waiting for it.
  uint64_t count = 0;
  /// How long they waited.
  uint64_t us = 0;
};
using StallCounts = std::array<StallCount, engine::kStallReasonCount>;

/// A stall goes from the first pause, or the first group that has to wait, until writes go freely again, however many pauses
/// that takes; so it is told once, and not a thousand times. If its reason changes it ends, and another begins.
///
///     pause  pause  wait ........ go  pause                  end
///     |------------------- a stall -----------------------------|
///
/// Threads: the shard's.
class Stalls {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Tell = std::function<void(engine::Event)>;

  explicit Stalls(Tell tell) : tell_(std::move(tell)) {}

  /// The next group is put off for so long.
  void pause(Time now, engine::StallReason reason, std::chrono::microseconds pause);
  /// Writes cannot go on now. Said again and again until go_on().
  void wait(Time now, engine::StallReason reason);
  void go_on(Time now);
  /// Nothing slows writes any more.
  void end(Time now);

  /// Something has slowed writes, and has not ended.
  bool is_open() const { return reason_ != engine::StallReason::none; }
  bool is_waiting() const { return waiting_since_.has_value(); }

  /// Writes were held for a batch over several shards.
  void held(std::chrono::steady_clock::duration span);

  const StallCounts& counts() const { return counts_; }

private:
  void begin(Time now, engine::StallReason reason);
  void add(std::chrono::steady_clock::duration span);

  const Tell tell_;
  StallCounts counts_{};
  engine::StallReason reason_ = engine::StallReason::none;
  uint64_t us_ = 0;  // of the stall that is open
  std::optional<Time> waiting_since_;
};

}  // namespace coppice::actors
