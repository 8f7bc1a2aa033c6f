#include "engine/compact/job.hpp"

#include <algorithm>

#include "engine/compact/job_state.hpp"
#include "engine/compact/operand_folding.hpp"
#include "engine/compact/table_output.hpp"
#include "engine/compact/value_output.hpp"
#include "engine/cursor/level_cursor.hpp"
#include "engine/cursor/merge_cursor.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

// How many entries pass between two looks at `cancelled` and at the pace.
constexpr uint32_t kPaceInterval = 256;
// What is read to be merged is not read again soon.
constexpr TableReadOptions kReadOptions{.cached_only = false, .fill_cache = false};

Status add_range_deletes(const std::vector<TableHandle>& tables, std::vector<RangeDelete>& target) {
  for (const TableHandle& table : tables) {
    COPPICE_TRY_ASSIGN(found, table->range_deletes(kReadOptions));
    if (found == nullptr) continue;
    for (RangeDelete& range_delete : found->deletes()) target.push_back(std::move(range_delete));
  }
  return success();
}

Result<std::vector<RangeDelete>> range_deletes_of(const JobState& job) {
  std::vector<RangeDelete> all;
  if (job.memtable != nullptr) all = job.memtable->range_deletes().deletes();
  if (job.plan) {
    COPPICE_TRY(add_range_deletes(job.plan->source, all));
    COPPICE_TRY(add_range_deletes(job.plan->target, all));
  }
  return all;
}

/// What a part reads: the memtable, if there is one, and runs of tables that keep apart, newest first; without tables of
/// which nothing survives.
class Sources {
public:
  Sources(const JobState& job, JobPart& part, const Survivors& survivors) : memtable_(job.memtable.get()) {
    const auto read = [&](const std::vector<TableHandle>& tables) {
      std::vector<TableHandle> kept;
      for (const TableHandle& table : tables) {
        const TableMeta& meta = table->meta();
        if (!part.range.overlaps(meta.bounds)) continue;
        if (survivors.drops_all(meta.bounds, meta.oldest, meta.newest)) continue;
        // A table that several parts read is counted once.
        if (part.range.contains(meta.bounds.begin)) part.bytes_read += meta.file_size;
        kept.push_back(table);
      }
      return kept;
    };
    if (!job.plan) return;
    const MergePlan& plan = *job.plan;
    runs_ = plan.source_level == 0 ? Version::runs_of(read(plan.source))
                                   : std::vector<Version::Level>{read(plan.source)};
    runs_.push_back(read(plan.target));
  }

  /// Lifetime: this outlives it.
  std::unique_ptr<Cursor> cursor() const {
    std::vector<std::unique_ptr<Cursor>> cursors;
    if (memtable_ != nullptr) cursors.push_back(memtable_->cursor());
    for (const Version::Level& run : runs_)
      if (!run.empty()) cursors.push_back(make_level_cursor(run, kReadOptions));
    return make_merge_cursor(std::move(cursors));
  }

private:
  const Memtable* const memtable_;
  std::vector<Version::Level> runs_;
};

/// What was read contradicts itself: the table that does is looked for, and named.
Error blamed(const JobState& job, const Error& error) {
  if (!job.plan) return error;
  std::string read;
  for (const auto* tables : {&job.plan->source, &job.plan->target})
    for (const TableHandle& table : *tables) {
      const auto whole = table->verify();
      if (!whole.ok() && whole.error().code == Errc::corruption) return whole.error();
      read.append(read.empty() ? "" : ", ").append(table->path());
    }
  return {error.code, error.text + ", of these files: " + read + "; repair the store"};
}

Status write_survivors(JobState& job, JobPart& part, const std::atomic<bool>& cancelled,
                       const Job::Pace& pace) {
  COPPICE_TRY_ASSIGN(deletes, range_deletes_of(job));
  const RangeDeletes range_deletes(deletes);
  Survivors survivors(job.rules, range_deletes);
  const Sources sources(job, part, survivors);
  const std::unique_ptr<Cursor> entries = sources.cursor();
  TableOutput output(job, part, survivors.range_deletes());
  ValueOutput values(job, part);
  const auto write = [&](Entry entry) -> Status {
    if (entry.value.size() > kStoredSizeMax)
      return blamed(job, {Errc::corruption, "the key " + printable(entry.key) +
                                                " has a value of more bytes than any may have"});
    COPPICE_TRY(values.place(entry));
    Status added = output.add(entry);
    if (!added.ok() && added.error().code == Errc::corruption) return blamed(job, added.error());
    return added;
  };
  OperandFolding operands(job.rules, range_deletes, survivors, write);

  uint32_t count = 0;
  uint64_t paced_size = 0;
  const std::optional<Bytes>& end = part.range.end;
  for (const Entry* entry = entries->seek({part.range.begin}); entry != nullptr; entry = entries->next()) {
    if (end && entry->key >= *end) break;
    if (++count % kPaceInterval == 0) {
      if (cancelled.load(std::memory_order_relaxed) || job.failed.load(std::memory_order_relaxed))
        return Error{Errc::cancelled, "the flush or merge was cancelled"};
      // The parts share the rate, as if all ran at once.
      const uint64_t size = output.size() + values.size();
      if (pace && job.kind == Job::Kind::merge)
        pace(size - std::exchange(paced_size, size),
             job.rate->load(std::memory_order_relaxed) / static_cast<double>(job.parts.size()));
    }
    ++part.entries_read;
    if (operands.concerns(*entry)) {
      COPPICE_TRY_ASSIGN(whole, values.fetched(*entry));
      COPPICE_TRY(operands.take(whole));
    } else if (const Entry* survivor = survivors.survivor(*entry)) {
      COPPICE_TRY(write(*survivor));
    }
  }
  COPPICE_TRY(entries->status());
  COPPICE_TRY(operands.finish());
  COPPICE_TRY(values.finish());
  return output.finish();
}

/// What a job does with logs, once. The status is that of the logs synced.
Status care_for_logs(JobState& job) {
  remove_logs(job.env.files, job.directory, std::exchange(job.retired_logs, {}));
  for (const auto& [number, file] : job.log_files) COPPICE_TRY(file->sync());
  if (!job.spare_log_salt) return success();
  const uint64_t number = job.numbers->fetch_add(1, std::memory_order_relaxed);
  auto spare = begin_log(job.env.files, job.directory, number, *job.spare_log_salt, job.env.keys);
  if (spare.ok()) job.spare_log = *std::move(spare);
  return success();
}

void note_begin(JobState& job) {
  if (job.has_begun.exchange(true, std::memory_order_relaxed)) return;
  job.begun_ns.store(job.env.watch.now_ns(), std::memory_order_relaxed);
  job.env.watch.tell(
      job.event(job.kind == Job::Kind::flush ? EventKind::flush_begun : EventKind::merge_begun));
}

void note_end(JobState& job) {
  const uint64_t now = job.env.watch.now_ns();
  for (uint64_t last = job.ended_ns.load(std::memory_order_relaxed); now > last;)
    if (job.ended_ns.compare_exchange_weak(last, now, std::memory_order_relaxed)) break;
}

}  // namespace

Status JobState::outcome() const {
  Status worst;
  for (const JobPart& part : parts) {
    Status status = part.has_run ? part.status : Error{Errc::cancelled, "the flush or merge was not run"};
    if (!status.ok() && (worst.ok() || worst.error().code == Errc::cancelled)) worst = std::move(status);
  }
  return worst;
}

Status JobState::check_uses() const {
  if (!plan) return success();
  ValueUses before;
  for (const auto* tables : {&plan->source, &plan->target})
    for (const TableHandle& table : *tables)
      for (const ValueUses::Use& use : table->meta().values.all()) before.add(use.file, use.size);
  ValueUses after;
  for (const JobPart& part : parts) {
    for (const ValueFileMeta& file : part.value_outputs) before.add(file.number, file.values_size());
    for (const TableMeta& table : part.outputs)
      for (const ValueUses::Use& use : table.values.all()) after.add(use.file, use.size);
  }
  for (const ValueUses::Use& use : after.all()) {
    const auto said = std::ranges::lower_bound(before.all(), use.file, {}, &ValueUses::Use::file);
    if (said == before.all().end() || said->file != use.file || said->size < use.size)
      return Error{Errc::corruption, join_path(directory, value_file_name(use.file)) +
                                         ": tables refer to more of it than they say: repair the store"};
  }
  return success();
}

uint64_t JobState::bytes_written() const {
  uint64_t size = 0;
  for (const JobPart& part : parts) size += part.bytes_written;
  return size;
}

uint64_t JobState::entries_read() const {
  uint64_t count = 0;
  for (const JobPart& part : parts) count += part.entries_read;
  return count;
}

Event JobState::event(EventKind what) const {
  Event event{.kind = what};
  if (memtable != nullptr) event.bytes_read = memtable->size();
  if (!plan) return event;
  event.merge_reason = plan->reason;
  event.source_level = plan->source_level;
  event.target_level = plan->target_level;
  event.tables = plan->source.size() + plan->target.size();
  event.bytes_read += tables_size_of(plan->source) + tables_size_of(plan->target);
  return event;
}

void JobState::remove_outputs(JobPart& part) {
  // A failure leaves an orphan, which the next opening of the tree removes.
  for (const TableMeta& output : part.outputs)
    (void)env.files.remove(join_path(place_of(part), table_file_name(output.number))).ok();
  for (const ValueFileMeta& output : part.value_outputs)
    (void)env.files.remove(join_path(place_of(part), value_file_name(output.number))).ok();
  part.outputs.clear();
  part.value_outputs.clear();
}

void JobState::remove_outputs() {
  for (JobPart& part : parts) remove_outputs(part);
  if (spare_log) remove_logs(env.files, directory, {spare_log->number()});
  spare_log.reset();
}

size_t JobState::table_count() const { return plan ? plan->source.size() + plan->target.size() : 0; }

uint64_t JobState::bytes_read() const {
  uint64_t size = 0;
  for (const JobPart& part : parts) size += part.bytes_read;
  return size;
}

void JobState::run_part(size_t index, const std::atomic<bool>& cancelled, const Job::Pace& pace) {
  COPPICE_CHECK(index < parts.size());
  JobPart& part = parts[index];
  COPPICE_CHECK(!part.has_run);
  part.has_run = true;
  if (index == 0) log_status = care_for_logs(*this);
  if (!writes()) return;
  note_begin(*this);

  if (index == 0 && !log_status.ok()) {
    part.status = log_status;
  } else if (failed.load(std::memory_order_relaxed)) {
    part.status = Error{Errc::cancelled, "another part has failed"};
  } else if (cancelled.load(std::memory_order_relaxed)) {
    part.status = Error{Errc::cancelled, "the flush or merge was cancelled"};
  } else {
    part.status = write_survivors(*this, part, cancelled, pace);
  }
  note_end(*this);
  if (part.status.ok()) return;
  failed.store(true, std::memory_order_relaxed);
  remove_outputs(part);
}

Job::Job(std::unique_ptr<JobWork> work) : work_(std::move(work)) {}
Job::Job(Job&&) noexcept = default;
Job& Job::operator=(Job&&) noexcept = default;
Job::~Job() = default;

Job::Kind Job::kind() const { return work_->kind; }
size_t Job::table_count() const { return work_->table_count(); }
size_t Job::part_count() const { return work_->part_count(); }
uint64_t Job::bytes_read() const { return work_->bytes_read(); }
uint64_t Job::bytes_written() const { return work_->bytes_written(); }

void Job::run_part(size_t part, const std::atomic<bool>& cancelled, const Pace& pace) {
  work_->run_part(part, cancelled, pace);
}

void Job::run(const std::atomic<bool>& cancelled, const Pace& pace) {
  for (size_t part = 0; part < part_count(); ++part) run_part(part, cancelled, pace);
}

}  // namespace coppice::engine
