#include "engine/cursor/delete_span.hpp"

#include <algorithm>

namespace coppice::engine {

DeleteSpans::DeleteSpans(std::vector<const RangeDeletes*> sources, Timestamp at)
    : sources_(std::move(sources)), at_(at) {
  std::erase_if(sources_, [](const RangeDeletes* source) { return source == nullptr || source->empty(); });
}

// The stretch around `key` that no fragment of any source begins or ends in.
void DeleteSpans::find(ByteView key) {
  span_ = {};
  const auto begin_at = [this](ByteView place) { span_.begin = std::max(span_.begin, place); };
  const auto end_at = [this](ByteView place) { span_.end = span_.end ? std::min(*span_.end, place) : place; };
  for (const RangeDeletes* source : sources_) {
    const auto& fragments = source->fragments();
    const RangeDeletes::Fragment* fragment = source->find_fragment(key);
    if (fragment != nullptr && fragment->begin <= key) {
      begin_at(fragment->begin);
      if (!fragment->unbounded) end_at(fragment->end);
      span_.commit = std::max(span_.commit, fragment->newest(at_));
      continue;
    }
    // Between two fragments, or behind the last.
    if (fragment != nullptr) end_at(fragment->begin);
    const RangeDeletes::Fragment* behind =
        fragment != nullptr ? fragment : fragments.data() + fragments.size();
    if (behind != fragments.data()) begin_at((behind - 1)->end);
  }
  known_ = true;
}

}  // namespace coppice::engine
