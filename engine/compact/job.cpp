#include "engine/compact/job.hpp"

#include "engine/compact/job_state.hpp"
#include "engine/compact/table_output.hpp"
#include "engine/cursor/level_cursor.hpp"
#include "engine/cursor/merge_cursor.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

// How many entries pass between two looks at `cancelled`.
constexpr uint32_t kCancelInterval = 256;
// What is read to be merged is not read again soon.
constexpr TableReadOptions kReadOptions{.cached_only = false, .fill_cache = false};

struct Sources {
  std::unique_ptr<Cursor> entries;
  std::vector<RangeDelete> range_deletes;
};

Status add_range_deletes(const std::vector<TableHandle>& tables, std::vector<RangeDelete>& target) {
  for (const TableHandle& table : tables) {
    COPPICE_TRY_ASSIGN(found, table->range_deletes(kReadOptions));
    if (found == nullptr) continue;
    for (RangeDelete& range_delete : found->deletes()) target.push_back(std::move(range_delete));
  }
  return success();
}

Result<Sources> sources_of(const JobState& job) {
  Sources sources;
  if (job.kind == Job::Kind::flush) {
    sources.entries = job.memtable->cursor();
    sources.range_deletes = job.memtable->range_deletes().deletes();
    return sources;
  }
  const MergePlan& plan = job.plan;
  std::vector<std::unique_ptr<Cursor>> cursors;
  if (plan.source_level == 0) {
    for (const TableHandle& table : plan.source) cursors.push_back(table->cursor(kReadOptions));
  } else {
    cursors.push_back(make_level_cursor(plan.source, kReadOptions));
  }
  cursors.push_back(make_level_cursor(plan.target, kReadOptions));
  sources.entries = make_merge_cursor(std::move(cursors));
  COPPICE_TRY(add_range_deletes(plan.source, sources.range_deletes));
  COPPICE_TRY(add_range_deletes(plan.target, sources.range_deletes));
  return sources;
}

Status write_survivors(JobState& job, const std::atomic<bool>& cancelled) {
  COPPICE_TRY_ASSIGN(sources, sources_of(job));
  const RangeDeletes range_deletes(sources.range_deletes);
  Survivors survivors(job.rules, range_deletes);
  TableOutput output(job, survivors.range_deletes());

  uint32_t count = 0;
  for (const Entry* entry = sources.entries->seek({}); entry != nullptr; entry = sources.entries->next()) {
    if (++count % kCancelInterval == 0 && cancelled.load(std::memory_order_relaxed))
      return Error{Errc::cancelled, "the flush or merge was cancelled"};
    if (survivors.keeps(*entry)) COPPICE_TRY(output.add(*entry));
  }
  COPPICE_TRY(sources.entries->status());
  return output.finish();
}

uint64_t size_of(const std::vector<TableHandle>& tables) {
  uint64_t size = 0;
  for (const TableHandle& table : tables) size += table->meta().file_size;
  return size;
}

}  // namespace

void JobState::remove_outputs() {
  // A failure leaves an orphan, which the next opening of the tree removes.
  for (const TableMeta& output : outputs)
    (void)env.files.remove(join_path(directory, table_file_name(output.number))).ok();
  outputs.clear();
}

Job::Job(std::unique_ptr<JobState> state) : state_(std::move(state)) {}
Job::Job(Job&&) noexcept = default;
Job& Job::operator=(Job&&) noexcept = default;
Job::~Job() = default;

Job::Kind Job::kind() const { return state_->kind; }
uint64_t Job::bytes_read() const { return state_->bytes_read; }
uint64_t Job::bytes_written() const { return state_->bytes_written; }

void Job::run(const std::atomic<bool>& cancelled) {
  JobState& job = *state_;
  COPPICE_CHECK(!job.has_run);
  job.has_run = true;
  if (job.kind == Kind::merge && job.plan.move) return;

  job.status = write_survivors(job, cancelled);
  if (job.kind == Kind::merge) job.bytes_read = size_of(job.plan.source) + size_of(job.plan.target);
  if (!job.status.ok()) job.remove_outputs();
}

}  // namespace coppice::engine
