// When the entries of a table will have expired.
#pragma once

#include <vector>

#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// From when on so many of a table's entries have expired, in milliseconds since 1970; 0: never.
struct ExpiryMoments {
  uint64_t quarter = 0;
  uint64_t half = 0;
  /// Nothing of the table is left to see then: it holds nothing but puts that expire.
  uint64_t all = 0;

  bool operator==(const ExpiryMoments&) const = default;

  /// Whether a quarter or more has expired at `ms`.
  bool quarter_is_over(uint64_t ms) const { return quarter != 0 && quarter <= ms; }
  bool all_is_over(uint64_t ms) const { return all != 0 && all <= ms; }
  /// At least so many of `entry_count`.
  uint64_t count_over(uint64_t entry_count, uint64_t ms) const;
};

/// Gathers them while a table is walked over: eight bytes of memory for each entry that expires.
class ExpiryGatherer {
public:
  void add(const Entry& entry) {
    if (expires(entry.kind)) moments_.push_back(expiry_of(entry.value));
  }
  /// `entry_count`: of the table; `range_deletes`: it has some.
  ExpiryMoments finish(uint64_t entry_count, bool range_deletes);

private:
  std::vector<uint64_t> moments_;
};

}  // namespace coppice::engine
