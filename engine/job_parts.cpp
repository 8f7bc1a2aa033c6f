#include "engine/job_parts.hpp"

#include <algorithm>
#include <set>

#include "engine/compact/filter_rate.hpp"
#include "engine/compact/garbage.hpp"

namespace coppice::engine {
namespace {

// A part of a merge reads about so many tables, and more.
constexpr uint64_t kPartTables = 2;

/// By ascending number.
std::vector<ValueFileHandle> value_files_of(const Version& version, const MergePlan& plan) {
  std::set<uint64_t> numbers;
  for (const auto* tables : {&plan.source, &plan.target})
    for (const TableHandle& table : *tables)
      for (const ValueUses::Use& use : table->meta().values.all()) numbers.insert(use.file);
  std::vector<ValueFileHandle> files;
  for (const uint64_t number : numbers) files.push_back(version.find_values(number)->file);
  return files;
}

/// `files` and those whose values the part takes along.
std::vector<uint64_t> emptied_by(const JobState& job, const JobPart& part, const ColdRule& cold,
                                 std::vector<uint64_t> files) {
  for (const ValueFileHandle& file : job.value_files)
    if (cold.takes_along(file->meta().cold, part.cold)) files.push_back(file->meta().number);
  std::ranges::sort(files);
  return files;
}

}  // namespace

void set_plan(TreeState& tree, JobState& job, MergePlan plan, uint64_t memtable_size) {
  job.rules.bottom = plan.bottom;
  MergeUnderWay under_way{plan.source_level, plan.target_level, plan.hull, {}};
  uint64_t size = 0;
  for (const auto* tables : {&plan.source, &plan.target}) {
    for (const TableHandle& table : *tables) {
      under_way.tables.push_back(table->meta().number);
      size += table->meta().file_size;
    }
  }
  tree.merges_under_way.push_back(std::move(under_way));
  const TableCuts cuts =
      TableCuts::of_merge(*tree.version, plan.target_level, plan.hull, size + memtable_size, tree.options);
  // Neither a move nor a drop has anything to cut, and a tier must become one table.
  const bool whole = plan.move || plan.target.empty();
  const std::vector<KeyRange> ranges =
      whole ? std::vector<KeyRange>{plan.hull} : cut_into_parts(plan, kPartTables * tree.options.table_size);
  const ColdRule cold = tree.cold_rule();
  for (const KeyRange& range : ranges) {
    // What comes from a memtable is young, and its flush must not wait for the slow disk.
    const bool is_cold = job.memtable == nullptr && cold.is_cold(plan.target_level, newest_in(plan, range));
    job.parts.push_back({.range = range, .cuts = cuts, .cold = is_cold});
  }
  job.value_files = value_files_of(*tree.version, plan);
  job.filter_rate = filter_rate(*tree.version, tree.options, plan.target_level);
  job.compression = compression_of(tree.options, plan.target_level);
  job.plan = std::move(plan);
}

void set_emptied(const TreeState& tree, JobState& job, uint64_t use_least) {
  if (job.plan->move || job.plan->drop) return;
  std::vector<uint64_t> files = files_to_empty(*tree.version);
  if (const uint64_t use = size_in_files(*job.plan, files); use == 0 || use < use_least * job.parts.size())
    files.clear();
  const std::vector<uint64_t> others = files_of_other_key(*tree.version, tree.env.keys.current());
  if (size_in_files(*job.plan, others) > 0)
    std::ranges::set_union(std::exchange(files, {}), others, std::back_inserter(files));
  for (JobPart& part : job.parts) part.emptied = emptied_by(job, part, tree.cold_rule(), files);
}

}  // namespace coppice::engine
