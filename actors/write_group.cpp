#include "actors/write_group.hpp"

namespace coppice::actors {

std::vector<std::unique_ptr<WriteRequest>> take_group(WriteList& waiting, size_t size_max) {
  std::vector<std::unique_ptr<WriteRequest>> group;
  size_t size = 0;
  uint32_t range_deletes = 0;
  while (!waiting.empty()) {
    size += waiting.front().size();
    range_deletes += waiting.front().batch.range_delete_count();
    if (!group.empty() && (size > size_max || range_deletes > kGroupRangeDeletesMax)) break;
    group.push_back(waiting.pop_front());
  }
  return group;
}

}  // namespace coppice::actors
