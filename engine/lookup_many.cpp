#include "engine/lookup_many.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/base/checksum.hpp"
#include "engine/lookup.hpp"
#include "engine/table/block_stash.hpp"
#include "engine/table/point_ahead.hpp"

namespace coppice::engine {
namespace {

// So many that memory has no more requests to take, and few enough that what came is still near when it is looked at.
constexpr size_t kTogetherMax = 32;

// The tables that may hold `key` at `at`, newest first, until `visit` returns true.
template <class Visit>
void visit_tables(const Version& version, ByteView key, Timestamp at, Visit&& visit) {
  const auto over = [&](const TableHandle* table) {
    return table != nullptr && (*table)->meta().oldest <= at && visit(**table);
  };
  for (const Version::Level& run : version.runs())
    if (over(Version::find_table(run, key))) return;
  for (uint32_t level = 1; level < kLevelCount; ++level)
    if (over(version.find_table(level, key))) return;
}

/// Indices of keys, in their order.
using Group = std::span<const size_t>;

class ManyLookup {
public:
  ManyLookup(const View& view, std::span<const ByteView> keys, Timestamp at, const TableReadOptions& options,
             size_t size_max)
      : view_(view), keys_(keys), at_(at), options_(options), size_left_(size_max), values_(keys.size()) {}

  // Requires: at most kTogetherMax.
  Status find(Group group) {
    if (group.size() > 1) ask_memory(group);
    BlockStash stash;
    TableReadOptions options = options_;
    if (!options.cached_only) options.stash = &stash;
    for (std::vector<size_t> waiting(group.begin(), group.end()); !waiting.empty();) {
      std::vector<size_t> still;
      for (const size_t index : waiting) {
        COPPICE_TRY_ASSIGN(done, find(index, options));
        if (!done) still.push_back(index);
      }
      if (still.empty()) break;
      COPPICE_TRY(stash.read());
      waiting = std::move(still);
    }
    return success();
  }

  std::vector<std::optional<Bytes>> take_values() { return std::move(values_); }

private:
  // False: it waits for a block of the stash.
  Result<bool> find(size_t index, const TableReadOptions& options) {
    Bytes value;
    const Result<bool> found = look_up(view_, keys_[index], at_, options, value);
    if (!found.ok() && found.error().code == Errc::would_block && options.stash != nullptr) return false;
    if (!found.ok()) return found.error();
    if (!*found) return true;
    if (value.size() > size_left_)
      return Error{Errc::invalid_argument,
                   "the values asked for are too large for one answer: ask for fewer keys at a time"};
    size_left_ -= value.size();
    values_[index] = std::move(value);
    return true;
  }

  void ask_memory(Group group) const {
    const Version& version = *view_.version;
    std::array<uint64_t, kTogetherMax> hashes;
    std::array<PointAhead, kTogetherMax> ahead;
    for (size_t i = 0; i < group.size(); ++i) {
      hashes[i] = key_hash(keys_[group[i]]);
      view_.active->prefetch(hashes[i]);
      for (const auto& memtable : view_.sealed) memtable->prefetch(hashes[i]);
      visit_tables(version, keys_[group[i]], at_, [&](const TableReader& table) {
        PointAhead::ask_filter(table, hashes[i]);
        return false;
      });
    }
    for (size_t i = 0; i < group.size(); ++i)
      visit_tables(version, keys_[group[i]], at_, [&](const TableReader& table) {
        return ahead[i].begin(table, keys_[group[i]], hashes[i], at_);
      });
    for (size_t i = 0; i < group.size(); ++i) ahead[i].ask_place();
    for (size_t i = 0; i < group.size(); ++i) ahead[i].ask_block();
  }

  const View& view_;
  const std::span<const ByteView> keys_;
  const Timestamp at_;
  const TableReadOptions options_;
  size_t size_left_;
  std::vector<std::optional<Bytes>> values_;
};

}  // namespace

Result<std::vector<std::optional<Bytes>>> look_up_many(const View& view, std::span<const ByteView> keys,
                                                       Timestamp at, const TableReadOptions& options,
                                                       size_t size_max) {
  // In order, neighbours look at the same pages.
  std::vector<size_t> order(keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t index) { return keys[index]; });

  ManyLookup lookup(view, keys, at, options, size_max);
  for (Group rest = order; !rest.empty();) {
    const Group group = rest.first(std::min(rest.size(), kTogetherMax));
    COPPICE_TRY(lookup.find(group));
    rest = rest.subspan(group.size());
  }
  return lookup.take_values();
}

}  // namespace coppice::engine
