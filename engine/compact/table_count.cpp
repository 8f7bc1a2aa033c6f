#include "engine/compact/table_count.hpp"

#include <algorithm>

#include "engine/compact/picker.hpp"

namespace coppice::engine {
namespace {

// The last level has at least so many tables, unless they would be smaller than one of as many in a memtable.
constexpr uint64_t kTableCount = 16;
// More tables at once would make a merge longer, and save nothing more for each byte.
constexpr size_t kNeighboursMax = 16;
// Of fewer it is not certain that they become fewer, as sizes are estimates.
constexpr uint64_t kTablesMin = 3;

/// Chooses the plan that costs least for each table fewer.
class Choice {
public:
  Choice(uint64_t table_size, const MergesUnderWay& under_way)
      : table_size_(table_size), under_way_(under_way) {}

  void consider(MergePlan plan) {
    const uint64_t size = tables_size_of(plan.source) + tables_size_of(plan.target);
    const uint64_t before = plan.source.size() + plan.target.size();
    const uint64_t after = (size + table_size_ - 1) / table_size_;
    if (plan.move || before < kTablesMin || 2 * after > before) return;
    const double cost = static_cast<double>(size) / static_cast<double>(before - after);
    if ((best_ && cost >= best_cost_) || !is_allowed(plan, under_way_)) return;
    best_ = std::move(plan);
    best_cost_ = cost;
  }
  std::optional<MergePlan> take() { return std::move(best_); }

private:
  const uint64_t table_size_;
  const MergesUnderWay& under_way_;
  std::optional<MergePlan> best_;
  double best_cost_ = 0;
};

/// Neighbours from `first` on, until they have more than `size`; three at least.
Version::Run neighbours(Version::Run tables, size_t first, uint64_t size) {
  uint64_t sum = 0;
  size_t count = 0;
  while (first + count < tables.size() && count < kNeighboursMax) {
    sum += tables[first + count]->meta().file_size;
    if (count >= kTablesMin && sum > size) break;
    ++count;
  }
  return tables.subspan(first, count);
}

}  // namespace

uint64_t table_count(const Version& version) {
  uint64_t count = 0;
  for (uint32_t level = 0; level < kLevelCount; ++level) count += version.level(level).size();
  return count;
}

uint64_t table_size_of(const Version& version, const TreeShape& options) {
  uint64_t size = 0;
  for (uint32_t level = 0; level < kLevelCount; ++level) size += version.tables_size(level);
  const uint64_t least = std::min<uint64_t>(options.memtable_size / kTableCount, options.table_size);
  const uint64_t most = std::max<uint64_t>(options.table_size, 2 * size / options.max_sstables);
  return std::clamp<uint64_t>(version.tables_size(kLastLevel) / kTableCount, least, most);
}

std::optional<MergePlan> pick_fewer(const Version& version, const TreeShape& options, uint32_t base,
                                    const MergesUnderWay& under_way) {
  if (table_count(version) <= options.max_sstables) return std::nullopt;
  const uint64_t table_size = table_size_of(version, options);
  Choice choice(table_size, under_way);
  for (const Column& column : level0_columns(version))
    choice.consider(plan_into(version, 0, base, column.tables));
  for (uint32_t level = base; level <= kLastLevel; ++level) {
    const Version::Run tables = version.level(level);
    for (size_t first = 0; first + 1 < tables.size(); ++first) {
      // What becomes one table costs least; where all are about as large as half of one, only many become fewer.
      for (const uint64_t size : {table_size, UINT64_MAX}) {
        const Version::Run run = neighbours(tables, first, size);
        choice.consider(plan_into(version, level, std::min(level + 1, kLastLevel), {run.begin(), run.end()}));
      }
    }
  }
  return choice.take();
}

}  // namespace coppice::engine
