// The clock that commit timestamps come from: never the same moment twice, never backwards.
#pragma once

#include <atomic>
#include <functional>

#include "engine/base/clock.hpp"
#include "schema/types.hpp"

namespace coppice::actors {

/// The machine's milliseconds since 1970.
uint64_t wall_milliseconds();

/// A hybrid logical clock: the wall's milliseconds while they rise, a counter where they do not.
///
/// One a process, so that moments of different shards compare: what one thread was told has happened lies
/// before every moment that any thread takes afterwards.
///
/// Orderings: `last_` only rises, by read-modify-writes of one word, which have one order; nothing else is
/// published through it, so relaxed is enough.
///
/// Source: Kulkarni et al., "Logical Physical Clocks", 2014. Threads: any number.
class HybridClock final : public engine::Clock {
public:
  /// Milliseconds since 1970; it may stand still or jump.
  using Wall = std::function<uint64_t()>;

  HybridClock();
  explicit HybridClock(Wall wall) : wall_(std::move(wall)) {}

  /// Later than every moment returned or observed before.
  Timestamp now();
  /// Moments from now on are later than `moment`, which another clock or a log gave.
  void observe(Timestamp moment);

  /// Moments from now on are not of earlier milliseconds.
  uint64_t milliseconds() const override;

private:
  Wall wall_;
  mutable std::atomic<uint64_t> last_{0};
};

}  // namespace coppice::actors
