#include "actors/guess_map.hpp"

#include <algorithm>
#include <map>

namespace coppice::actors {
namespace {

/// A way through the keys, from a bound to the last.
struct Way {
  /// Keys that no shard owns, as how many gaps.
  size_t gaps = 0;
  /// The shard to take; nothing: a gap.
  const FoundShard* shard = nullptr;
  /// Where it ends; nothing: with the last key.
  std::optional<Bytes> next;
};

std::string text_of(const KeyRange& range) {
  return "the keys from " + printable(range.begin) +
         (range.end ? " on and before " + printable(*range.end) : " to the last");
}

class Guess {
public:
  explicit Guess(const std::vector<FoundShard>& found) : found_(found) {
    for (const FoundShard& shard : found_) {
      if (!shard.range) continue;
      begins_.push_back(shard.range->begin);
      if (shard.range->end) begins_.push_back(*shard.range->end);
    }
    begins_.emplace_back();
    std::ranges::sort(begins_);
    begins_.erase(std::unique(begins_.begin(), begins_.end()), begins_.end());
  }

  /// Ranges in key order, each with its shard or nullptr.
  std::vector<std::pair<KeyRange, const FoundShard*>> ranges() {
    // From the last bound to the first, so that what follows each is known.
    for (auto begin = begins_.rbegin(); begin != begins_.rend(); ++begin) ways_.emplace(*begin, best(*begin));
    std::vector<std::pair<KeyRange, const FoundShard*>> ranges;
    for (std::optional<Bytes> at = Bytes(); at;) {
      const Way& way = ways_.at(*at);
      ranges.emplace_back(KeyRange{*at, way.next}, way.shard);
      at = way.next;
    }
    return ranges;
  }

private:
  size_t gaps_after(const std::optional<Bytes>& next) const { return next ? ways_.at(*next).gaps : 0; }

  Way best(const Bytes& begin) const {
    const auto after = std::ranges::upper_bound(begins_, begin);
    Way way{0, nullptr, after == begins_.end() ? std::nullopt : std::optional<Bytes>(*after)};
    way.gaps = 1 + gaps_after(way.next);
    // Ids ascend: of two that leave as few gaps the later is taken.
    for (const FoundShard& shard : found_) {
      if (!shard.range || shard.range->begin != begin || shard.range->empty()) continue;
      const size_t gaps = gaps_after(shard.range->end);
      if (gaps <= way.gaps) way = {gaps, &shard, shard.range->end};
    }
    return way;
  }

  const std::vector<FoundShard>& found_;
  std::vector<Bytes> begins_;
  std::map<Bytes, Way> ways_;
};

/// The one shard of which nobody knows the range, and whose keys all lie in `gap`.
const FoundShard* find_for_gap(const std::vector<FoundShard>& found, const KeyRange& gap) {
  const FoundShard* fitting = nullptr;
  for (const FoundShard& shard : found) {
    if (shard.range || shard.bounds.empty() || intersection(shard.bounds, gap) != shard.bounds) continue;
    if (fitting != nullptr) return nullptr;
    fitting = &shard;
  }
  return fitting;
}

}  // namespace

GuessedMap guess_map(const std::vector<FoundShard>& found, uint64_t store_id) {
  GuessedMap guessed;
  guessed.map.store_id = store_id;
  guessed.map.epoch = 1;
  for (const FoundShard& shard : found)
    guessed.map.next_shard_id = std::max(guessed.map.next_shard_id, shard.id + 1);
  for (const auto& [range, shard] : Guess(found).ranges()) {
    const FoundShard* const taken = shard != nullptr ? shard : find_for_gap(found, range);
    const uint64_t id = taken != nullptr ? taken->id : guessed.map.next_shard_id++;
    guessed.map.shards.push_back({id, range.begin});
    if (shard != nullptr) continue;
    guessed.doubts.push_back(
        text_of(range) + ": no manifest says which shard owned them: " +
        (taken == nullptr ? "they are lost, and a new, empty shard has them"
                          : "shard " + std::to_string(id) + " is given them, as its tables lie there"));
  }
  return guessed;
}

}  // namespace coppice::actors
