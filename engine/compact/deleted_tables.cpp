#include "engine/compact/deleted_tables.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

void add_cleared(Version::Run tables, std::vector<ClearedRange>& target) {
  for (const TableHandle& table : tables)
    target.insert(target.end(), table->meta().cleared.begin(), table->meta().cleared.end());
}

/// Decides which tables hold nothing to see.
class Deleted {
public:
  Deleted(const SurvivalRules& rules, std::vector<ClearedRange> cleared)
      : rules_(rules), cleared_(std::move(cleared)) {
    std::ranges::sort(cleared_, {},
                      [](const ClearedRange& each) -> const Bytes& { return each.range.begin; });
  }

  bool operator()(const TableMeta& table) const {
    if (!rules_.owned.overlaps(table.bounds)) return true;
    const KeyRange range = intersection(rules_.owned, table.bounds);
    // Whoever sees its oldest sees it no more, and nobody sees less.
    const Timestamp limit = hidden_up_to(rules_, table.oldest);
    ByteView covered = range.begin;
    for (const ClearedRange& each : cleared_) {
      if (each.range.begin > covered) return false;
      if (each.oldest <= table.newest || each.newest > limit) continue;
      if (!each.range.end) return true;
      covered = std::max(covered, ByteView(*each.range.end));
      if (range.end && covered >= *range.end) return true;
    }
    return false;
  }

private:
  const SurvivalRules& rules_;
  std::vector<ClearedRange> cleared_;
};

}  // namespace

std::optional<MergePlan> pick_deleted(const Version& version, const SurvivalRules& rules,
                                      const MergesUnderWay& under_way) {
  std::vector<ClearedRange> cleared;
  for (uint32_t level = 0; level < kLevelCount; ++level) add_cleared(version.level(level), cleared);
  if (cleared.empty()) return std::nullopt;
  const Deleted deleted(rules, std::move(cleared));
  for (uint32_t level = kLevelCount; level-- > 0;) {
    std::vector<TableHandle> found;
    for (const TableHandle& table : version.level(level))
      if (deleted(table->meta()) && !is_busy(table, under_way)) found.push_back(table);
    if (!found.empty()) return because(MergeReason::hidden_tables, drop_of(level, std::move(found)));
  }
  return std::nullopt;
}

bool any_deleted(const Version& version, const SurvivalRules& rules, std::vector<ClearedRange> cleared) {
  if (cleared.empty()) return false;
  const Deleted deleted(rules, std::move(cleared));
  for (uint32_t level = 0; level < kLevelCount; ++level)
    if (std::ranges::any_of(version.level(level),
                            [&](const TableHandle& table) { return deleted(table->meta()); }))
      return true;
  return false;
}

uint64_t cleared_size(const MergePlan& plan, Timestamp settled) {
  std::vector<ClearedRange> cleared;
  add_cleared(plan.source, cleared);
  std::erase_if(cleared, [&](const ClearedRange& each) { return each.newest > settled; });
  if (cleared.empty()) return 0;
  double size = 0;
  for (const TableHandle& table : plan.target.empty() ? plan.source : plan.target)
    size += share_cleared(table->meta().bounds, cleared) * static_cast<double>(table->meta().file_size);
  return static_cast<uint64_t>(size);
}

}  // namespace coppice::engine
