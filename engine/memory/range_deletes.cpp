#include "engine/memory/range_deletes.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace coppice::engine {
namespace {

bool covers_nothing(const RangeDelete& range) { return !range.unbounded && range.end <= range.begin; }

/// `key` lies before the fragment's end.
bool is_before_end(ByteView key, const RangeDeletes::Fragment& fragment) {
  return fragment.unbounded || key < fragment.end;
}

}  // namespace

Timestamp RangeDeletes::Fragment::newest(Timestamp at) const {
  const auto found = std::lower_bound(commits.begin(), commits.end(), at, std::greater<>());
  return found == commits.end() ? kTimestampMin : *found;
}

RangeDeletes::RangeDeletes(const std::vector<RangeDelete>& deletes) {
  // At each boundary, who begins and who ends there; then one walk over them in key order. Views borrow from
  // `deletes`.
  struct Change {
    std::vector<Timestamp> begins;
    std::vector<Timestamp> ends;
  };
  std::map<ByteView, Change> changes;
  for (const RangeDelete& range : deletes) {
    if (covers_nothing(range)) continue;
    changes[range.begin].begins.push_back(range.commit);
    if (!range.unbounded) changes[range.end].ends.push_back(range.commit);
  }

  std::multiset<Timestamp, std::greater<>> open;
  for (auto change = changes.begin(); change != changes.end(); ++change) {
    for (const Timestamp commit : change->second.begins) open.insert(commit);
    for (const Timestamp commit : change->second.ends) open.erase(open.find(commit));
    if (open.empty()) continue;
    Fragment& fragment = fragments_.emplace_back();
    fragment.begin = change->first;
    fragment.unbounded = std::next(change) == changes.end();
    if (!fragment.unbounded) fragment.end = std::next(change)->first;
    std::unique_copy(open.begin(), open.end(), std::back_inserter(fragment.commits));
  }
}

Timestamp RangeDeletes::newest_covering(ByteView key, Timestamp at) const {
  const Fragment* fragment = find_fragment(key);
  return fragment == nullptr || key < fragment->begin ? kTimestampMin : fragment->newest(at);
}

const RangeDeletes::Fragment* RangeDeletes::find_fragment(ByteView key) const {
  const auto found = std::partition_point(fragments_.begin(), fragments_.end(),
                                          [&](const Fragment& f) { return !is_before_end(key, f); });
  return found == fragments_.end() ? nullptr : &*found;
}

RangeDeletes RangeDeletes::clip(const KeyRange& range) const {
  RangeDeletes inside;
  for (const Fragment& fragment : fragments_) {
    if (range.end && fragment.begin >= *range.end) break;
    if (!is_before_end(range.begin, fragment)) continue;
    Fragment& part = inside.fragments_.emplace_back(fragment);
    part.begin = std::max(part.begin, range.begin);
    if (range.end && is_before_end(*range.end, part)) {
      part.end = *range.end;
      part.unbounded = false;
    }
  }
  if (range.empty()) inside.fragments_.clear();
  return inside;
}

std::vector<RangeDelete> RangeDeletes::deletes() const {
  std::map<Timestamp, std::vector<RangeDelete>> by_commit;
  for (const Fragment& fragment : fragments_) {
    for (const Timestamp commit : fragment.commits) {
      std::vector<RangeDelete>& pieces = by_commit[commit];
      if (!pieces.empty() && pieces.back().end == fragment.begin) {
        pieces.back().end = fragment.end;
        pieces.back().unbounded = fragment.unbounded;
      } else {
        pieces.push_back({fragment.begin, fragment.end, fragment.unbounded, commit});
      }
    }
  }
  std::vector<RangeDelete> all;
  for (auto& [commit, pieces] : by_commit) std::move(pieces.begin(), pieces.end(), std::back_inserter(all));
  return all;
}

size_t RangeDeletes::size() const {
  size_t size = sizeof(*this);
  for (const Fragment& fragment : fragments_)
    size += sizeof(fragment) + fragment.begin.size() + fragment.end.size() +
            fragment.commits.size() * sizeof(Timestamp);
  return size;
}

}  // namespace coppice::engine
