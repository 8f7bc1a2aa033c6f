// What a table's range deletes cover, in a few words: enough to know which other tables are deleted whole.
#pragma once

#include <vector>

#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// Every key of `range` is covered by a range delete of the table that committed at `oldest` or later, and at `newest` or
/// before. So what committed before `oldest` is deleted there, for every moment from `newest` on.
struct ClearedRange {
  KeyRange range;
  Timestamp oldest = kTimestampMax;
  Timestamp newest = kTimestampMin;

  bool operator==(const ClearedRange&) const = default;
};

/// A table's count of them; with the bounds on keys it keeps the manifest small.
inline constexpr size_t kClearedRangesMax = 8;
/// Bytes of a bound. What begins or ends with a longer key is left out.
inline constexpr size_t kClearedKeySizeMax = 256;

/// Ascending, and apart. Where there are too many, neighbours that touch become one, those nearest in time first:
///
///     deletes      [ T1 )[ T2 )[ T3 )      [  T90  )          a queue, popped by ranges; and something else
///     cleared      [   T1 to T3     )      [  T90  )
///
/// If there are too many even then, the last are left out.
std::vector<ClearedRange> cleared_by(const std::vector<RangeDelete>& deletes);

/// About the share of `range` that lies in `cleared`, as if keys were spread evenly over it: 0 to 1.
double share_cleared(const KeyRange& range, const std::vector<ClearedRange>& cleared);

}  // namespace coppice::engine
