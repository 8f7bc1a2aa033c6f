#include "engine/compact/job.hpp"

#include "engine/compact/job_state.hpp"
#include "engine/compact/table_output.hpp"
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
  if (job.kind == Job::Kind::flush) return job.memtable->range_deletes().deletes();
  std::vector<RangeDelete> all;
  COPPICE_TRY(add_range_deletes(job.plan.source, all));
  COPPICE_TRY(add_range_deletes(job.plan.target, all));
  return all;
}

/// What is merged, as runs of tables that keep apart, newest first; without tables of which nothing survives.
class MergeSources {
public:
  MergeSources(JobState& job, const Survivors& survivors) {
    const auto read = [&](const std::vector<TableHandle>& tables) {
      std::vector<TableHandle> kept;
      for (const TableHandle& table : tables) {
        const TableMeta& meta = table->meta();
        if (survivors.drops_all(meta.bounds, meta.oldest, meta.newest)) continue;
        job.bytes_read += meta.file_size;
        kept.push_back(table);
      }
      return kept;
    };
    runs_ = job.plan.source_level == 0 ? Version::runs_of(read(job.plan.source))
                                       : std::vector<Version::Level>{read(job.plan.source)};
    runs_.push_back(read(job.plan.target));
  }

  /// Lifetime: this outlives it.
  std::unique_ptr<Cursor> cursor() const {
    std::vector<std::unique_ptr<Cursor>> cursors;
    for (const Version::Level& run : runs_)
      if (!run.empty()) cursors.push_back(make_level_cursor(run, kReadOptions));
    return make_merge_cursor(std::move(cursors));
  }

private:
  std::vector<Version::Level> runs_;
};

Status write_survivors(JobState& job, const std::atomic<bool>& cancelled, const Job::Pace& pace) {
  COPPICE_TRY_ASSIGN(deletes, range_deletes_of(job));
  const RangeDeletes range_deletes(deletes);
  Survivors survivors(job.rules, range_deletes);
  std::optional<MergeSources> sources;
  if (job.kind == Job::Kind::merge) sources.emplace(job, survivors);
  const std::unique_ptr<Cursor> entries = sources ? sources->cursor() : job.memtable->cursor();
  TableOutput output(job, survivors.range_deletes());

  uint32_t count = 0;
  uint64_t paced_size = 0;
  for (const Entry* entry = entries->seek({}); entry != nullptr; entry = entries->next()) {
    if (++count % kPaceInterval == 0) {
      if (cancelled.load(std::memory_order_relaxed))
        return Error{Errc::cancelled, "the flush or merge was cancelled"};
      if (pace && job.kind == Job::Kind::merge)
        pace(output.size() - std::exchange(paced_size, output.size()),
             job.rate->load(std::memory_order_relaxed));
    }
    if (survivors.keeps(*entry)) COPPICE_TRY(output.add(*entry));
  }
  COPPICE_TRY(entries->status());
  return output.finish();
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

void Job::run(const std::atomic<bool>& cancelled, const Pace& pace) {
  JobState& job = *state_;
  COPPICE_CHECK(!job.has_run);
  job.has_run = true;
  if (job.kind == Kind::merge && job.plan.move) return;

  job.status = write_survivors(job, cancelled, pace);
  if (!job.status.ok()) job.remove_outputs();
}

}  // namespace coppice::engine
