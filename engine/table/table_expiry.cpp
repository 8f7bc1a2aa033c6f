#include "engine/table/table_expiry.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

uint64_t part_of(uint64_t count, uint64_t parts) { return (count + parts - 1) / parts; }

/// When `count` of them are over. Changes their order.
uint64_t moment_of(std::vector<uint64_t>& moments, uint64_t count) {
  if (count == 0 || count > moments.size()) return 0;
  const auto last = moments.begin() + static_cast<ptrdiff_t>(count - 1);
  std::nth_element(moments.begin(), last, moments.end());
  // 0 would say never.
  return std::max<uint64_t>(*last, 1);
}

}  // namespace

uint64_t ExpiryMoments::count_over(uint64_t entry_count, uint64_t ms) const {
  if (all_is_over(ms)) return entry_count;
  if (half != 0 && half <= ms) return part_of(entry_count, 2);
  return quarter_is_over(ms) ? part_of(entry_count, 4) : 0;
}

ExpiryMoments ExpiryGatherer::finish(uint64_t entry_count, bool range_deletes) {
  ExpiryMoments found;
  found.quarter = moment_of(moments_, part_of(entry_count, 4));
  found.half = moment_of(moments_, part_of(entry_count, 2));
  if (!range_deletes) found.all = moment_of(moments_, entry_count);
  return found;
}

}  // namespace coppice::engine
