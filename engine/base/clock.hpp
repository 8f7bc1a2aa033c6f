// The time of day, as an engine is told it.
#pragma once

#include <cstdint>

namespace coppice::engine {

/// Threads: any number.
class Clock {
public:
  virtual ~Clock() = default;

  /// Milliseconds since 1970: never less than what any thread was told before, so that what has expired stays so.
  virtual uint64_t milliseconds() const = 0;
};

}  // namespace coppice::engine
