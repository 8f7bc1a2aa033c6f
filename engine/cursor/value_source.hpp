// Where a cursor gets values from that lie apart from their keys.
#pragma once

#include "engine/table/value_ref.hpp"

namespace coppice::engine {

/// Threads: one at a time. Blocks: on the disk, unless it was told not to.
class ValueSource {
public:
  virtual ~ValueSource() = default;

  /// Lifetime: of the view, until the next call. corruption names the file and offset; would_block.
  virtual Result<ByteView> read(const ValueRef& ref) = 0;
};

}  // namespace coppice::engine
