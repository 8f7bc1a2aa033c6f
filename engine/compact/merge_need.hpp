// When a merge is worth it.
#pragma once

#include <cstdint>

namespace coppice::engine {

enum class MergeNeed : uint8_t {
  /// A level has grown past its size.
  due,
  /// And while there is nothing else to do: what lies above the last level takes more space than a level_ratio-th
  /// of it, or deletes lie dense, whatever it costs to merge them.
  idle,
};

}  // namespace coppice::engine
