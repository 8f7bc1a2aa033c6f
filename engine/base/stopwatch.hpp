// How long things take, for an engine that knows no clock but one handed in.
#pragma once

#include <cstdint>

namespace coppice::engine {

/// Threads: any.
class Stopwatch {
public:
  virtual ~Stopwatch() = default;
  /// Nanoseconds since some moment of its own; never less than it said before.
  virtual uint64_t now_ns() const = 0;
};

}  // namespace coppice::engine
