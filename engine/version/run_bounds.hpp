// Where the tables of a run begin and end, side by side in memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/version/table_handle.hpp"

namespace coppice::engine {

/// Every point read asks it, of every run. To ask the tables themselves would be four loads for each that is looked at, one
/// behind the other, and the table found is mostly the only one that is needed. So the bounds' heads (see byte_strings.hpp) lie in two
/// rows here, behind what all bounds begin with, and only a bound that has the key's own head is compared in full.
///
/// Takes 16 bytes a table. Frozen.
class RunBounds {
public:
  /// Requires: the tables ascend and do not overlap. Lifetime: what `run` views outlives it.
  explicit RunBounds(std::span<const TableHandle> run);

  /// The one table that may hold `key`, or nullptr. Lifetime: the run's.
  const TableHandle* find(ByteView key) const;

private:
  /// The tables that lie before a key that begins as all bounds do, and has this head among them.
  size_t count_ended(ByteView key, uint64_t head) const;

  std::span<const TableHandle> run_;
  /// What every bound begins with, but for an end that there is not.
  Bytes common_;
  std::vector<uint64_t> begins_;
  /// All have an end, or all but the last.
  std::vector<uint64_t> ends_;
};

}  // namespace coppice::engine
