#include "engine/compact/table_cuts.hpp"

#include <algorithm>

#include "engine/compact/table_count.hpp"

namespace coppice::engine {
namespace {

// Into how many columns level 0 falls, about.
constexpr uint64_t kColumnCount = 32;
// A table meets this many times its own size in the next level, about.
constexpr uint64_t kMetRatioMax = 10;
// A table that has met that much may be this many times smaller than others.
constexpr uint64_t kMetShare = 8;

// Of max_sstables, what one memtable may take at most.
constexpr uint64_t kFlushShare = 8;

bool ends_after(const Solid& solid, ByteView key) {
  return !solid.bounds.end || ByteView(*solid.bounds.end) > key;
}

void add(Version::Run tables, std::vector<Solid>& solids) {
  for (const TableHandle& table : tables) solids.push_back({table->meta().bounds, table->meta().file_size});
}

/// Solids that overlap become one.
std::vector<Solid> join(std::vector<Solid> solids) {
  std::ranges::sort(solids, {}, [](const Solid& solid) -> const Bytes& { return solid.bounds.begin; });
  std::vector<Solid> joined;
  for (Solid& solid : solids) {
    if (joined.empty() || !ends_after(joined.back(), solid.bounds.begin)) {
      joined.push_back(std::move(solid));
      continue;
    }
    Solid& last = joined.back();
    last.size += solid.size;
    if (last.bounds.end && (!solid.bounds.end || *solid.bounds.end > *last.bounds.end))
      last.bounds.end = std::move(solid.bounds.end);
  }
  return joined;
}

}  // namespace

TableCuts::TableCuts(std::vector<Solid> solids, const Limits& limits)
    : solids_(std::move(solids)),
      limits_(limits),
      size_min_(std::min({limits.size_min / kMetShare, limits.size_free, limits.size_max})) {}

TableCuts TableCuts::of_flush(const Version& version, const TreeShape& options) {
  std::vector<Solid> solids;
  const uint32_t base = level_shape(version, options).base;
  add(version.level(0), solids);
  add(version.level(base), solids);
  // Where few keys are written a table would else meet most of the base, for little.
  const uint64_t column_size = (version.tables_size(0) + version.tables_size(base)) / kColumnCount;
  return {join(std::move(solids)),
          {.size_min =
               options.memtable_size / std::min<uint64_t>(kColumnCount, options.max_sstables / kFlushShare),
           .size_free = table_size_of(version, options),
           .met_max = std::max<uint64_t>(2 * column_size, options.table_size)}};
}

TableCuts TableCuts::of_merge(const Version& version, uint32_t level, const KeyRange& hull,
                              uint64_t input_size, const TreeShape& options) {
  // A tier is one table for its whole column, so that tables tell tiers by their size.
  if (level == 0 && options.merge_policy == MergePolicy::tiered) return {};
  const uint32_t next = level == 0 ? level_shape(version, options).base : level + 1;
  std::vector<Solid> solids;
  if (next <= kLastLevel) add(version.overlapping(next, hull), solids);
  const bool free = solids.empty();
  const uint64_t table_size = table_size_of(version, options);
  const uint64_t count = std::max<uint64_t>(1, (input_size + table_size - 1) / table_size);
  const uint64_t size = std::max<uint64_t>(1, input_size / count);
  return {std::move(solids),
          {.size_min = free ? UINT64_MAX : size / 2,
           .size_free = size,
           .size_max = free ? size : 2 * size,
           .met_max = kMetRatioMax * options.table_size}};
}

void TableCuts::began(ByteView key) {
  while (at_ < solids_.size() && !ends_after(solids_[at_], key)) ++at_;
  met_ = 0;
  stands_ = at_ < solids_.size() && solids_[at_].bounds.begin <= key;
}

std::optional<ByteView> TableCuts::cut(ByteView last, ByteView next, uint64_t size) {
  while (at_ < solids_.size() && !ends_after(solids_[at_], last)) {
    met_ += solids_[at_++].size;
    stands_ = true;
  }
  std::optional<ByteView> free = next;
  uint64_t met = met_;
  if (at_ < solids_.size()) {
    const Solid& solid = solids_[at_];
    if (solid.bounds.begin <= last) {
      stands_ = true;
      met += solid.size;
      // Behind the solid that holds the last key, unless the next lies in it too.
      free = ends_after(solid, next) ? std::nullopt : std::optional<ByteView>(*solid.bounds.end);
    } else if (solid.bounds.begin <= next) {
      free = solid.bounds.begin;
    }
  }
  const bool due = size >= (stands_ ? limits_.size_min : limits_.size_free) ||
                   (met >= limits_.met_max && size >= limits_.size_min / kMetShare);
  if (due && free) return free;
  return size >= limits_.size_max ? std::optional<ByteView>(next) : std::nullopt;
}

}  // namespace coppice::engine
