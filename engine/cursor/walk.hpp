// What a walk over many sources tells them about itself.
#pragma once

#include "schema/types.hpp"

namespace coppice::engine {

/// Lifetime: outlives the cursors that know it. Threads: theirs.
struct Walk {
  /// It shows no key outside, so nothing is read ahead there.
  KeyRange range;
  /// It has met many dead keys in a row, and nothing alive since: the next walk jumps over them, and nobody will ask for
  /// their blocks again.
  bool passes_dead = false;
};

}  // namespace coppice::engine
