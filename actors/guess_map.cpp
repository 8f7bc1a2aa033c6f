#include "actors/guess_map.hpp"

#include <algorithm>
#include <map>
#include <set>

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

/// A shard of which nobody knows the range, and where in a gap its keys lie.
struct Claim {
  const FoundShard* shard;
  KeyRange keys;
};

struct Fitting {
  /// By their keys.
  std::vector<Claim> taken;
  /// These share keys with one that is taken, or have been given others.
  std::vector<Claim> left_out;
};

/// Who may have owned `gap`; of two that have the same keys the later. A table that a split linked has keys outside of it too.
Fitting find_for_gap(const std::vector<FoundShard>& found, const ShardMap& given, const KeyRange& gap) {
  Fitting fitting;
  for (auto shard = found.rbegin(); shard != found.rend(); ++shard) {
    const Claim claim{&*shard, intersection(shard->bounds, gap)};
    if (shard->range || claim.keys.empty()) continue;
    const bool is_free =
        !given.index_of(shard->id) && std::ranges::none_of(fitting.taken, [&](const Claim& taken) {
          return taken.keys.overlaps(claim.keys);
        });
    (is_free ? fitting.taken : fitting.left_out).push_back(claim);
  }
  std::ranges::sort(fitting.taken, {}, [](const Claim& claim) { return claim.keys.begin; });
  return fitting;
}

}  // namespace

void bound(std::vector<FoundShard>& found) {
  // Of each table the shards that have it, by their places.
  std::map<uint64_t, std::set<size_t>> owners;
  for (size_t i = 0; i < found.size(); ++i)
    for (const engine::FileKeys& file : found[i].files)
      if (file.unique_id != 0) owners[file.unique_id].insert(i);
  for (FoundShard& shard : found)
    for (const engine::FileKeys& file : shard.files)
      if (file.unique_id == 0 || owners[file.unique_id].size() == 1)
        engine::take_in(shard.bounds, file.bounds);

  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i].bounds.empty()) continue;
    const auto has_heir = [&](const engine::FileKeys& file) {
      return std::ranges::any_of(owners[file.unique_id],
                                 [&](size_t other) { return other > i || !found[other].bounds.empty(); });
    };
    if (std::ranges::any_of(found[i].files, has_heir)) continue;
    for (const engine::FileKeys& file : found[i].files) engine::take_in(found[i].bounds, file.bounds);
  }
}

GuessedMap guess_map(const std::vector<FoundShard>& found, uint64_t store_id) {
  GuessedMap guessed;
  guessed.map.store_id = store_id;
  guessed.map.epoch = 1;
  for (const FoundShard& shard : found)
    guessed.map.next_shard_id = std::max(guessed.map.next_shard_id, shard.id + 1);
  const auto doubt = [&](const KeyRange& range, const std::string& what) {
    guessed.doubts.push_back(text_of(range) + ": no manifest says which shard owned them: " + what);
  };
  for (const auto& [range, shard] : Guess(found).ranges()) {
    if (shard != nullptr) {
      guessed.map.shards.push_back({shard->id, range.begin});
      continue;
    }
    const auto [taken, left_out] = find_for_gap(found, guessed.map, range);
    if (taken.empty()) {
      guessed.map.shards.push_back({guessed.map.next_shard_id++, range.begin});
      doubt(range, "they are lost, and a new, empty shard has them");
    }
    for (size_t i = 0; i < taken.size(); ++i) {
      KeyRange given = range;
      if (i > 0) given.begin = taken[i].keys.begin;
      if (i + 1 < taken.size()) given.end = taken[i + 1].keys.begin;
      guessed.map.shards.push_back({taken[i].shard->id, given.begin});
      doubt(given, "shard " + std::to_string(taken[i].shard->id) + " is given them, as its keys lie there");
    }
    for (const Claim& claim : left_out) guessed.left_out.push_back({claim.shard->id, claim.keys});
  }
  return guessed;
}

}  // namespace coppice::actors
