#include "engine/background.hpp"

#include <algorithm>
#include <limits>

#include "engine/compact/backlog.hpp"
#include "engine/compact/cold_rule.hpp"
#include "engine/compact/deleted_tables.hpp"
#include "engine/compact/expired_tables.hpp"
#include "engine/compact/filter_rate.hpp"
#include "engine/compact/garbage.hpp"
#include "engine/io/file_names.hpp"
#include "engine/job_notes.hpp"
#include "engine/job_parts.hpp"

namespace coppice::engine {
namespace {

// A part of a merge that comes by itself empties value files if its share of them is so many-th of a memtable, or more: else
// it would leave a small file.
constexpr uint64_t kEmptiedLeastPart = 16;

SurvivalRules rules_of(const TreeState& tree, std::span<const Timestamp> snapshots) {
  return survival_rules(snapshots, tree.visible(), tree.now_ms(), tree.options.retention_ms,
                        tree.readers->range);
}

std::unique_ptr<JobState> make_job(TreeState& tree, Job::Kind kind, std::span<const Timestamp> snapshots) {
  auto job = std::make_unique<JobState>(kind, tree.env);
  job->directory = tree.directory;
  job->options = tree.options;
  job->numbers = tree.numbers;
  job->rate = tree.merge_rate;
  job->rules = rules_of(tree, snapshots);
  tree.history_from = std::max(tree.history_from, history_from(job->rules));
  job->retired_logs = std::exchange(tree.retired_logs, {});
  return job;
}

uint64_t emptied_least(const TreeState& tree) { return tree.options.memtable_size / kEmptiedLeastPart; }

std::unique_ptr<JobState> make_merge(TreeState& tree, std::optional<MergePlan> plan,
                                     std::span<const Timestamp> snapshots, uint64_t use_least) {
  if (!plan) return nullptr;
  const auto is_out_of_place = [&](const TableHandle& table) {
    return is_misplaced(*tree.version, plan->target_level, table->meta(), tree.cold_rule());
  };
  if (plan->move && std::ranges::any_of(plan->source, is_out_of_place)) plan->move = false;
  auto job = make_job(tree, Job::Kind::merge, snapshots);
  set_plan(tree, *job, *std::move(plan), 0);
  set_emptied(tree, *job, use_least);
  return job;
}

std::unique_ptr<JobState> make_merge(TreeState& tree, std::optional<MergePlan> plan,
                                     std::span<const Timestamp> snapshots) {
  return make_merge(tree, std::move(plan), snapshots, emptied_least(tree));
}

/// All commits up to this one are in tables.
Timestamp flushed_up_to(const TreeState& tree) {
  const bool is_all = tree.sealed.empty() && tree.active->empty();
  return is_all ? kTimestampMax : tree.manifest.state().flushed;
}

/// A merge for the sake of value files alone.
std::unique_ptr<JobState> plan_garbage(TreeState& tree, std::span<const Timestamp> snapshots,
                                       const KeyRange& range = {}) {
  const std::vector<uint64_t> files = files_to_empty(*tree.version);
  return make_merge(
      tree,
      pick_garbage(*tree.version, tree.options, files, tree.merges_under_way, range, flushed_up_to(tree)),
      snapshots, 1);
}

bool is_idle(const TreeState& tree) { return tree.broken || tree.closed; }

/// Of what an edit adds, in its order.
struct Handles {
  std::vector<TableHandle> tables;
  std::vector<ValueFileHandle> values;
};

/// Completes the edit, and sees to it that the manifest has room for it: an error leaves all as it was. Otherwise the outputs are the
/// tree's from now on: if the append fails, the edit may be on the disk all the same.
Status take_outputs(TreeState& tree, JobState& job, VersionEdit& edit) {
  edit.next_file_number = tree.numbers->load(std::memory_order_relaxed);
  edit.history_from = history_from(job.rules);
  COPPICE_TRY(tree.manifest.make_room({&edit, 1}));
  for (JobPart& part : job.parts) {
    part.outputs.clear();
    part.value_outputs.clear();
  }
  return success();
}

/// Writes `edit` to the manifest and makes the version with the job's tables the present one. Requires: take_outputs().
Status install_tables(TreeState& tree, const JobState& job, const VersionEdit& edit, const Handles& added) {
  COPPICE_TRY(tree.broken_by(tree.manifest.append(edit, tree.random.next())));
  const auto before = std::exchange(tree.version, tree.version->apply(edit, added.tables, added.values));
  for (const LiveValues& values : before->values())
    if (tree.version->find_values(values.file->meta().number) == nullptr) values.file->remove_when_unused();
  tree.floor = std::max(tree.floor, job.rules.floor);
  tree.floor_ms = std::max(tree.floor_ms, job.rules.floor_ms);
  return success();
}

Handles add_outputs(const TreeState& tree, const JobState& job, uint32_t level, VersionEdit& edit) {
  Handles added;
  for (const JobPart& part : job.parts) {
    for (const TableMeta& meta : part.outputs) {
      edit.added.push_back({level, meta});
      added.tables.push_back(make_table_handle(tree.env, tree.directory, meta));
    }
    for (const ValueFileMeta& meta : part.value_outputs) {
      edit.value_files.push_back(meta);
      added.values.push_back(make_value_file(tree.env, tree.directory, meta));
    }
  }
  return added;
}

/// Logs before the one written to, but for those in `retired`, that are on the disk to their end, and of which the
/// manifest does not say so.
std::vector<uint64_t> durable_logs(const TreeState& tree, const std::vector<uint64_t>& retired) {
  std::vector<uint64_t> durable;
  for (const auto& [number, log] : tree.manifest.state().logs)
    if (number < tree.logs.current() && !log.closed && !tree.log.follows(number) &&
        std::ranges::find(retired, number) == retired.end())
      durable.push_back(number);
  return durable;
}

/// Whether the job began a spare log, and none was begun later, as logs follow each other in the order of their numbers: else the job
/// removes it.
bool fits_spare_log(const TreeState& tree, const JobState& job) {
  const uint64_t last = tree.spare_logs.empty() ? tree.log.number() : tree.spare_logs.back().number();
  return job.spare_log && job.spare_log->number() > last;
}

/// The manifest names them no more.
void retire_logs(TreeState& tree, const std::vector<uint64_t>& logs) {
  for (const uint64_t number : logs) tree.log.release(number);
  tree.logs.retire(logs);
  tree.retired_logs.insert(tree.retired_logs.end(), logs.begin(), logs.end());
}

Status install_flush(TreeState& tree, JobState& job) {
  const Timestamp flushed = tree.sealed.front().through;
  VersionEdit edit;
  const Handles added = add_outputs(tree, job, 0, edit);
  edit.flushed = flushed;
  edit.logs_retired = tree.logs.retirable(flushed);
  edit.logs_closed = durable_logs(tree, edit.logs_retired);
  const bool takes_spare = fits_spare_log(tree, job);
  if (takes_spare) edit.logs_begun = {job.spare_log->number()};
  COPPICE_TRY(take_outputs(tree, job, edit));
  if (takes_spare) tree.spare_logs.push_back(*std::exchange(job.spare_log, std::nullopt));
  COPPICE_TRY(install_tables(tree, job, edit, added));

  retire_logs(tree, edit.logs_retired);
  ++tree.flushes;
  tree.bytes_flushed += job.bytes_written();
  tree.bytes_arrived[0] += job.bytes_written();
  tree.sealed.pop_front();
  tree.measure();
  tree.publish();
  return success();
}

Status install_merge(TreeState& tree, JobState& job) {
  const MergePlan& plan = *job.plan;
  VersionEdit edit;
  for (const TableHandle& table : plan.source)
    edit.removed.push_back({plan.source_level, table->meta().number});
  for (const TableHandle& table : plan.target)
    edit.removed.push_back({plan.target_level, table->meta().number});
  Handles added;
  if (plan.move) {
    for (const TableHandle& table : plan.source) edit.added.push_back({plan.target_level, table->meta()});
    added.tables = plan.source;
  } else {
    added = add_outputs(tree, job, plan.target_level, edit);
  }
  // The job has synced them: from now on a log that lacks its end is damage, as tables hold a part of what it held.
  if (job.memtable != nullptr) edit.logs_closed = durable_logs(tree, {});
  COPPICE_TRY(take_outputs(tree, job, edit));
  COPPICE_TRY(install_tables(tree, job, edit, added));

  ++tree.merges;
  if (plan.drop) tree.tables_dropped += plan.source.size();
  note_merge(tree, job);
  if (job.memtable != nullptr) tree.sealed.front().taken.push_back(plan.hull);
  if (!plan.move)
    for (const auto* tables : {&plan.source, &plan.target})
      for (const TableHandle& table : *tables) remove_when_unused(table);
  tree.measure();
  tree.publish();
  return success();
}

/// Nothing relies on the new file before the manifest names it, so a full disk leaves the tree as it was. Blocks: on the disk.
Status begin_spare_log(TreeState& tree) {
  const uint64_t number = tree.numbers->fetch_add(1, std::memory_order_relaxed);
  VersionEdit edit;
  edit.logs_begun = {number};
  edit.next_file_number = number + 1;
  COPPICE_TRY(tree.manifest.make_room({&edit, 1}));
  COPPICE_TRY_ASSIGN(log,
                     begin_log(tree.env.files, tree.directory, number, tree.random.next(), tree.env.keys));
  COPPICE_TRY(tree.broken_by(tree.manifest.append(edit, tree.random.next())));
  tree.spare_logs.push_back(std::move(log));
  return success();
}

/// The plan of a job that came back no longer forbids anything.
void forget_under_way(TreeState& tree, const JobState& job) {
  if (job.kind == Job::Kind::flush) tree.flush_under_way = false;
  if (!job.plan) return;
  const auto& tables = job.plan->source.empty() ? job.plan->target : job.plan->source;
  const uint64_t number = tables.front()->meta().number;
  std::erase_if(tree.merges_under_way, [&](const MergeUnderWay& merge) {
    return std::ranges::find(merge.tables, number) != merge.tables.end();
  });
}

/// Keys of the oldest memtable that are better merged at once, if nobody waits for the flush: no other memtable
/// does, and none will slow writers down.
std::optional<MergePlan> pick_step(TreeState& tree) {
  constexpr size_t kSampleCount = 256;
  SealedMemtable& sealed = tree.sealed.front();
  // After a crash between two steps some keys would be in the log and in tables, and the same operand of the log would be done
  // to what the tables made of it.
  if (sealed.memtable->has_operands()) return std::nullopt;
  if (tree.merging != Merging::on || tree.sealed.size() > 1 || !is_full(*sealed.memtable, tree.options))
    return std::nullopt;
  if (flush_debt(1, tree.options.memtable_size, tree.options) > 0) return std::nullopt;
  if (!sealed.waiting) {
    sealed.waiting = {.keys = sealed.memtable->sample_keys(kSampleCount), .size_each = 0};
    if (sealed.waiting->keys.empty()) return std::nullopt;
    // Some keys were written more than once, and mostly only the newest version is kept.
    sealed.waiting->size_each = sealed.memtable->data_size() * 7 / 8 / sealed.waiting->keys.size();
  }
  auto plan = pick_flush_step(*tree.version, tree.options, *sealed.waiting, tree.merges_under_way);
  // Writes must not wait for the slow disk, nor for room on it.
  if (plan && tree.cold_rule().is_cold(plan->target_level, tree.visible())) return std::nullopt;
  return plan;
}

}  // namespace

Status seal_memtable(TreeState& tree) {
  COPPICE_TRY(tree.check_usable());
  if (tree.active->empty()) return success();
  if (tree.spare_logs.empty()) COPPICE_TRY(begin_spare_log(tree));
  COPPICE_TRY(tree.broken_with_log(tree.log.seal()));

  tree.logs.set_size(tree.log.size());
  LogWriter log = std::move(tree.spare_logs.front());
  tree.spare_logs.pop_front();
  log.follow(std::move(tree.log));
  tree.log = std::move(log);
  tree.logs.begin(tree.log.number(), tree.log.key_id());
  tree.active->settle();
  tree.sealed.push_back({tree.active, tree.last_commit});
  tree.env.watch.tell({.kind = EventKind::memtable_sealed, .bytes_read = tree.active->size()});
  tree.active = tree.make_memtable();
  tree.measure();
  tree.publish();
  return success();
}

std::unique_ptr<JobState> plan_flush(TreeState& tree, std::span<const Timestamp> snapshots) {
  tree.reclaim();
  if (is_idle(tree) || tree.flush_under_way || tree.sealed.empty()) return nullptr;
  tree.flush_under_way = true;
  SealedMemtable& sealed = tree.sealed.front();
  auto job = make_job(tree, Job::Kind::flush, snapshots);
  job->memtable = sealed.memtable;
  if (std::optional<MergePlan> plan = pick_step(tree)) {
    const uint64_t size = sealed.waiting->size_in(plan->hull);
    sealed.waiting->take(plan->hull);
    set_plan(tree, *job, *std::move(plan), size);
    set_emptied(tree, *job, emptied_least(tree));
    job->log_files = tree.log.earlier_files();
    return job;
  }
  if (tree.spare_logs.size() < kSpareLogsMax) job->spare_log_salt = tree.random.next();
  const TableCuts cuts = TableCuts::of_flush(*tree.version, tree.options);
  for (KeyRange& range : gaps_between(sealed.taken))
    job->parts.push_back({.range = std::move(range), .cuts = cuts});
  // Where nothing is left it still has to be said that all is flushed.
  if (job->parts.empty()) job->parts.push_back({.range = {{}, Bytes()}, .cuts = {}});
  job->filter_rate = filter_rate(*tree.version, tree.options, 0);
  job->compression = compression_of(tree.options, 0);
  return job;
}

std::unique_ptr<JobState> plan_merge(TreeState& tree, std::span<const Timestamp> snapshots, MergeNeed need) {
  tree.reclaim();
  if (is_idle(tree)) return nullptr;
  const SurvivalRules rules = rules_of(tree, snapshots);
  if (auto plan = pick_deleted(*tree.version, rules, tree.merges_under_way))
    return make_merge(tree, std::move(plan), snapshots);
  if (auto plan = pick_expired(*tree.version, rules, tree.merges_under_way))
    return make_merge(tree, std::move(plan), snapshots);
  const Settled settled{hidden_up_to(rules, kTimestampMin), expired_up_to(rules, kTimestampMin),
                        flushed_up_to(tree)};
  // Garbage goes first, unless levels slow writers down. Too much of it does so as well, so its turn comes.
  const bool levels_press = merge_debt(*tree.version, tree.options) > 0;
  auto job = levels_press ? nullptr : plan_garbage(tree, snapshots);
  if (job == nullptr)
    job = make_merge(tree, pick_merge(*tree.version, tree.options, tree.merges_under_way, need, settled),
                     snapshots);
  if (job == nullptr && levels_press) job = plan_garbage(tree, snapshots);
  if (job == nullptr)
    job = make_merge(tree, pick_misplaced(*tree.version, tree.cold_rule(), tree.merges_under_way), snapshots);
  if (job == nullptr && need == MergeNeed::idle)
    job = make_merge(tree, pick_other_key(*tree.version, tree.env.keys.current(), tree.merges_under_way),
                     snapshots);
  // No job comes to remove them, and no write is kept waiting.
  if (job == nullptr && need == MergeNeed::idle)
    remove_logs(tree.env.files, tree.directory, std::exchange(tree.retired_logs, {}));
  return job;
}

std::unique_ptr<JobState> plan_merge_range(TreeState& tree, const KeyRange& range,
                                           std::span<const Timestamp> snapshots, Timestamp through) {
  tree.reclaim();
  if (is_idle(tree)) return nullptr;
  // Somebody waits for it, and may have made room.
  tree.cold_full_until_ms = 0;
  auto job =
      make_merge(tree,
                 pick_merge_range(*tree.version, tree.options, range, tree.readers->range,
                                  tree.env.keys.current(), tree.cold_rule(), tree.merges_under_way, through),
                 snapshots);
  // Where merges come by themselves so does this, and it might go on as long as the tree is written to.
  if (job == nullptr && tree.merging != Merging::on) job = plan_garbage(tree, snapshots, range);
  if (job != nullptr) job->rate = std::make_shared<const MergeRate>(std::numeric_limits<double>::infinity());
  return job;
}

namespace {

Status install_outcome(TreeState& tree, JobState& job) {
  COPPICE_TRY(tree.check_usable());
  tree.retired_logs.insert(tree.retired_logs.end(), job.retired_logs.begin(), job.retired_logs.end());
  COPPICE_TRY(tree.broken_by(job.log_status));
  note_cold_room(tree, job);
  COPPICE_TRY(job.outcome());
  COPPICE_TRY(job.check_uses());
  for (const auto& log : job.log_files) tree.log.release(log.first);
  return job.plan ? install_merge(tree, job) : install_flush(tree, job);
}

}  // namespace

Status install(TreeState& tree, JobState& job) {
  forget_under_way(tree, job);
  uint64_t tables = 0;
  uint64_t entries = 0;
  for (const JobPart& part : job.parts) {
    tables += part.outputs.size();
    for (const TableMeta& output : part.outputs) entries += output.entry_count;
  }
  Status outcome = install_outcome(tree, job);
  if (outcome.ok()) {
    tree.entries_read += job.entries_read();
    tree.entries_written += entries;
  }
  note_end(tree, job, tables, outcome);
  return outcome;
}

Status clean_logs(TreeState& tree) {
  COPPICE_TRY(tree.check_usable());
  // First what gives room.
  remove_logs(tree.env.files, tree.directory, std::exchange(tree.retired_logs, {}));
  VersionEdit edit;
  // Also those that a batch over several shards kept, and that was settled since.
  edit.logs_retired = tree.logs.retirable(tree.manifest.state().flushed);
  if (edit.logs_retired.empty()) return success();
  COPPICE_TRY(tree.manifest.make_room({&edit, 1}));
  COPPICE_TRY(tree.broken_by(tree.manifest.append(edit, tree.random.next())));
  retire_logs(tree, edit.logs_retired);
  remove_logs(tree.env.files, tree.directory, std::exchange(tree.retired_logs, {}));
  return success();
}

bool deletes_tables(const TreeState& tree) {
  return any_deleted(*tree.version, rules_of(tree, {}), cleared_by(tree.active->range_deletes().deletes()));
}

bool frees_with_time(const TreeState& tree) {
  return tree.options.retention_ms > 0 || any_expired(*tree.version, rules_of(tree, {})) ||
         any_misplaced(*tree.version, tree.cold_rule());
}

}  // namespace coppice::engine
