// Where a flush or merge ends a table and begins the next.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/compact/level_shape.hpp"

namespace coppice::engine {

/// Keys that are better not cut, as a table that ends amid them would meet the same tables as its successor.
struct Solid {
  KeyRange bounds;
  /// Of the tables there.
  uint64_t size = 0;
};

/// A table that ends where those that it will meet end is merged with few of them. And where all flushes cut at the
/// same keys, level 0 falls into columns that are merged apart: each merge is small, several run at once, and what
/// one has installed is free again before the next begins.
///
///     level 0    [ 7 )[  8  )[ 9 )        [ 7 )         [ 9 )
///                [ 4 )[  5  )[ 6 )   ->   [ 4 )         [ 6 )    while 5, 8 and what lies below are merged
///     base       [ 1 )[2 )[3)[   )        [ 1 )  [ ... )[   )
class TableCuts {
public:
  /// Bytes.
  struct Limits {
    /// A table that stands on something ends at the first chance after this.
    uint64_t size_min = UINT64_MAX;
    /// A table that stands on nothing ends here.
    uint64_t size_free = UINT64_MAX;
    /// Every table ends here.
    uint64_t size_max = UINT64_MAX;
    /// A table ends at the first chance after it has met so much.
    uint64_t met_max = UINT64_MAX;
  };

  /// Never cuts.
  TableCuts() = default;
  /// Requires: `solids` ascend and do not overlap.
  TableCuts(std::vector<Solid> solids, const Limits& limits);

  /// Of a flush: cut as level 0 and the base are.
  static TableCuts of_flush(const Version& version, const TreeShape& options);
  /// Of a merge into `level` of `input_size` bytes within `hull`: tables of about the same size, cut as what lies
  /// there in the next level. Of a tier: one table.
  static TableCuts of_merge(const Version& version, uint32_t level, const KeyRange& hull, uint64_t input_size,
                            const TreeShape& options);

  /// The least size at which cut() may answer anything.
  uint64_t size_min() const { return size_min_; }
  /// Whether the table that ends with `last` and has `size` bytes should end there: the first key of the next one's
  /// share, after `last` and up to `next`. Requires: keys ascend from call to call; a table is told by
  /// began() before.
  std::optional<ByteView> cut(ByteView last, ByteView next, uint64_t size);
  /// A table begins with `key`.
  void began(ByteView key);

private:
  std::vector<Solid> solids_;
  Limits limits_;
  uint64_t size_min_ = UINT64_MAX;
  // The first that does not end at or before the keys seen.
  size_t at_ = 0;
  // What the present table stands on and `at_` has passed.
  uint64_t met_ = 0;
  bool stands_ = false;
};

}  // namespace coppice::engine
