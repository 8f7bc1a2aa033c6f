#include "engine/table/cleared_ranges.hpp"

#include <algorithm>

#include "engine/base/byte_strings.hpp"
#include "engine/memory/range_deletes.hpp"

namespace coppice::engine {
namespace {

bool touch(const ClearedRange& left, const ClearedRange& right) {
  return left.range.end == right.range.begin;
}

uint64_t spread(const ClearedRange& left, const ClearedRange& right) {
  return std::max(left.newest, right.newest).raw - std::min(left.oldest, right.oldest).raw;
}

/// Joins two that touch, the nearest in time; false: none do.
bool join_nearest(std::vector<ClearedRange>& ranges) {
  auto best = ranges.end();
  for (auto left = ranges.begin(); left + 1 < ranges.end(); ++left)
    if (touch(*left, left[1]) && (best == ranges.end() || spread(*left, left[1]) < spread(*best, best[1])))
      best = left;
  if (best == ranges.end()) return false;
  best->range.end = best[1].range.end;
  best->oldest = std::min(best->oldest, best[1].oldest);
  best->newest = std::max(best->newest, best[1].newest);
  ranges.erase(best + 1);
  return true;
}

bool is_long(const ClearedRange& cleared) {
  return cleared.range.begin.size() > kClearedKeySizeMax ||
         (cleared.range.end && cleared.range.end->size() > kClearedKeySizeMax);
}

/// The first bytes of `key` behind `skip`, as a number.
double place_of(ByteView key, size_t skip) {
  return static_cast<double>(leading_number(key.substr(std::min(skip, key.size()))));
}

}  // namespace

std::vector<ClearedRange> cleared_by(const std::vector<RangeDelete>& deletes) {
  std::vector<ClearedRange> ranges;
  const RangeDeletes all(deletes);
  for (const RangeDeletes::Fragment& fragment : all.fragments()) {
    // Older ones beneath it are there for the sake of a snapshot.
    const Timestamp commit = fragment.commits.front();
    ClearedRange next{{fragment.begin, std::nullopt}, commit, commit};
    if (!fragment.unbounded) next.range.end = fragment.end;
    if (!ranges.empty() && ranges.back().newest == commit && touch(ranges.back(), next)) {
      ranges.back().range.end = next.range.end;
    } else {
      ranges.push_back(std::move(next));
    }
  }
  while (ranges.size() > kClearedRangesMax && join_nearest(ranges)) {
  }
  std::erase_if(ranges, is_long);
  if (ranges.size() > kClearedRangesMax) ranges.resize(kClearedRangesMax);
  return ranges;
}

double share_cleared(const KeyRange& range, const std::vector<ClearedRange>& cleared) {
  // What all keys begin with says nothing about where they lie.
  const size_t common = range.end ? shared_size(range.begin, *range.end) : 0;
  const auto place = [&](const std::optional<Bytes>& key) {
    return key ? place_of(*key, common) : place_of(Bytes(common + sizeof(uint64_t), '\xff'), common);
  };
  const double size = place(range.end) - place(range.begin);
  double covered = 0;
  for (const ClearedRange& each : cleared) {
    const KeyRange inside = intersection(range, each.range);
    if (inside.empty()) continue;
    if (inside == range) return 1;
    covered += place(inside.end) - place(inside.begin);
  }
  return size > 0 ? std::clamp(covered / size, 0.0, 1.0) : 0;
}

}  // namespace coppice::engine
