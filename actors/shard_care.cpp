#include "actors/shard_care.hpp"

#include <algorithm>

namespace coppice::actors {

using engine::Job;
using engine::Merging;

namespace {

constexpr std::chrono::milliseconds kBackOffMin{100};
constexpr std::chrono::milliseconds kBackOffMax{30'000};
/// Not longer, as writes wait for it; what it costs is one small file.
constexpr std::chrono::milliseconds kSealAgainAfter{500};
/// A tree that has had nothing to flush or merge for so long is merged further, to take less space.
constexpr std::chrono::seconds kIdleAfter{5};
/// What was deleted takes up its space for so long; then the memtable with the range delete is sealed, however small.
constexpr std::chrono::seconds kSpaceAfter{5};
/// A table that nobody reads for so long is closed, where memory is short; and what has expired may wait so long for its merge.
constexpr std::chrono::seconds kAroundAfter{10};
/// Merges of one tree at a time. More would only compete for the same pool.
constexpr uint64_t kMergesMax = 2;

Error merging_was_stopped() {
  return {Errc::cancelled, "merging was stopped: what was merged stays so, the rest was left as it was"};
}

Error cancelled_by_call() {
  return {Errc::cancelled, "the merge was cancelled: what was merged stays so, the rest was left as it was"};
}

}  // namespace

ShardCare::ShardCare(engine::Storage& tree, ShardHost& host, std::chrono::milliseconds merge_interval,
                     Lend lend, Fail fail)
    : tree_(tree),
      host_(host),
      merge_interval_(merge_interval),
      lend_(std::move(lend)),
      fail_(std::move(fail)),
      looked_at_(host.now() - merge_interval) {}

uint64_t ShardCare::running_count(Job::Kind kind) const {
  return static_cast<uint64_t>(
      std::ranges::count_if(running_, [&](const auto& running) { return running->kind == kind; }));
}

bool ShardCare::step(const std::vector<Timestamp>& snapshots) {
  if (!returned_.empty()) {
    std::shared_ptr<RunningJob> job = std::move(returned_.front());
    returned_.pop_front();
    install(std::move(job));
    return true;
  }
  if (stopped_) return false;
  look_around();
  look_for_space();
  if (step_seal()) return true;
  plan(snapshots);
  if (!compactions_.empty()) end_cancelled();
  if (!stops_.empty() && running_count(Job::Kind::merge) == 0)
    for (Done<Nothing>& done : std::exchange(stops_, {})) done(Nothing{});
  return step_clean();
}

void ShardCare::look_around() {
  const auto now = host_.now();
  if (around_at_ && now < *around_at_) return;
  if (around_at_) {
    tree_.let_go_unread();
    if (tree_.frees_with_time()) {
      plan_due_ = true;
      seal_for_space_ = seal_for_space_ || tree_.deletes_tables();
    }
  }
  around_at_ = now + kAroundAfter;
  host_.wake_after(kAroundAfter);
}

void ShardCare::space_may_be_free() {
  if (space_at_) return;
  space_at_ = host_.now() + kSpaceAfter;
  host_.wake_after(kSpaceAfter);
}

void ShardCare::tables_came() {
  plan_due_ = true;
  idle_ = false;
  idle_at_.reset();
}

void ShardCare::look_for_space() {
  if (!space_at_ || host_.now() < *space_at_) return;
  space_at_.reset();
  // Nothing would be dropped, so each range delete would only leave a small table; it is looked again when merging is on.
  if (tree_.merging() != Merging::on) return;
  seal_for_space_ = tree_.deletes_tables();
  plan_due_ = true;
}

bool ShardCare::seal_is_due() const {
  if (std::ranges::any_of(flushes_, [](const FlushCall& call) { return !call.target; })) return true;
  return seal_failure_ ? host_.now() >= seal_again_at_ : seal_for_space_ || tree_.memtable_full();
}

bool ShardCare::step_seal() {
  if (!seal_is_due()) return false;
  lend_([this] { return tree_.seal_memtable(); },
        [this](Status sealed) {
          if (!sealed.ok()) return seal_failed(std::move(sealed).error());
          seal_failure_.reset();
          seal_for_space_ = false;
          plan_due_ = true;
          const engine::TreeStats stats = tree_.stats();
          const uint64_t target = stats.flushes + stats.sealed_memtables;
          for (FlushCall& call : flushes_)
            if (!call.target) call.target = target;
        });
  return true;
}

void ShardCare::seal_failed(Error error) {
  if (tree_.broken()) return fail_(std::move(error));
  seal_failure_ = std::move(error);
  seal_again_at_ = host_.now() + kSealAgainAfter;
  host_.wake_after(kSealAgainAfter);
  // Those that wait for memtables sealed before go on waiting.
  std::vector<FlushCall> calls = std::exchange(flushes_, {});
  for (FlushCall& call : calls) {
    if (call.target) {
      flushes_.push_back(std::move(call));
    } else {
      call.done(*seal_failure_);
    }
  }
}

void ShardCare::plan(const std::vector<Timestamp>& snapshots) {
  const auto now = host_.now();
  if (idle_at_ && now >= *idle_at_) idle_ = plan_due_ = true;
  if (look_at_ && now >= *look_at_) plan_due_ = true;
  if (!plan_due_) return;
  // What has to wait is planned then.
  plan_due_ = now < flush_back_off_.until || now < merge_back_off_.until;
  if (now >= flush_back_off_.until && running_count(Job::Kind::flush) == 0 &&
      run(tree_.plan_flush(snapshots)))
    idle_ = false;
  if (!merging_ || now < merge_back_off_.until) return;
  // A merge that was asked for comes before those that are only due, or those could go on for ever.
  if (!compactions_.empty() && may_begin_asked(tree_.merging())) return plan_compactions(snapshots);
  plan_due(snapshots);
}

void ShardCare::plan_due(const std::vector<Timestamp>& snapshots) {
  const auto now = host_.now();
  const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - looked_at_);
  const auto wait = looking_ && tree_.merging() == Merging::on
                        ? std::chrono::milliseconds(0)
                        : engine::time_to_look(tree_.merging(), merge_interval_, ago, tree_.merge_debt());
  look_at_.reset();
  if (!wait) return idle_at_.reset();
  if (*wait > wait->zero()) {
    look_at_ = now + *wait;
    return host_.wake_after(*wait);
  }
  looking_ = true;
  const auto need = idle_ ? engine::MergeNeed::idle : engine::MergeNeed::due;
  while (running_count(Job::Kind::merge) < kMergesMax)
    if (!run(tree_.plan_merge(snapshots, need))) {
      looking_ = false;
      looked_at_ = now;
      break;
    }
  if (idle_ || !running_.empty()) return idle_at_.reset();
  if (idle_at_) return;
  idle_at_ = now + kIdleAfter;
  host_.wake_after(kIdleAfter);
}

void ShardCare::plan_compactions(const std::vector<Timestamp>& snapshots) {
  while (!compactions_.empty() && running_count(Job::Kind::merge) == 0) {
    const CompactCall& next = compactions_.front();
    if (!next.merge->cancelled() &&
        run(tree_.plan_merge_range(next.range, snapshots, next.through), next.merge))
      return tell_progress();
    tell_progress();
    CompactCall call = std::move(compactions_.front());
    compactions_.pop_front();
    if (call.merge->cancelled()) {
      end(std::move(call), cancelled_by_call());
    } else {
      end(std::move(call), Nothing{});
    }
  }
}

/// What is left will not be done.
void ShardCare::end(CompactCall call, Result<Nothing> answer) {
  const MergeProgress& told = call.told;
  call.merge->moved(told, {told.tables_done, told.tables_done, told.bytes_done, told.bytes_done});
  call.done(std::move(answer));
}

/// Of the first call; the others wait for it.
void ShardCare::tell_progress() {
  CompactCall& call = compactions_.front();
  const engine::RangeBacklog left = tree_.range_backlog(call.range, call.through);
  MergeProgress now = call.told;
  now.tables = now.tables_done + left.tables;
  now.bytes = now.bytes_done + left.size;
  call.merge->moved(call.told, now);
  call.told = now;
}

/// Calls that were cancelled end once none of their merges is under way.
void ShardCare::end_cancelled() {
  for (const auto& running : running_)
    if (running->merge != nullptr && running->merge->cancelled()) cancel(running);
  std::deque<CompactCall> calls = std::exchange(compactions_, {});
  for (CompactCall& call : calls) {
    const bool busy =
        std::ranges::any_of(running_, [&](const auto& running) { return running->merge == call.merge; });
    if (call.merge->cancelled() && !busy) {
      end(std::move(call), cancelled_by_call());
    } else {
      compactions_.push_back(std::move(call));
    }
  }
}

bool ShardCare::run(std::optional<Job> job, RangeMergeHandle merge) {
  if (!job) return false;
  running_.push_back(std::make_shared<RunningJob>(std::move(*job), std::move(merge)));
  host_.run_job(running_.back());
  return true;
}

void ShardCare::job_ran(std::shared_ptr<RunningJob> job) {
  // Until it is installed the job counts as under way.
  returned_.push_back(std::move(job));
}

void ShardCare::install(std::shared_ptr<RunningJob> job) {
  const uint64_t tables = job->job.table_count();
  const uint64_t size = job->job.bytes_read();
  lend_([this, job] { return tree_.install(std::move(job->job)); },
        [this, job, tables, size](const Status& outcome) {
          std::erase(running_, job);
          if (job->merge != nullptr) {
            job->merge->ended(job->written());
            if (outcome.ok() && !compactions_.empty() && compactions_.front().merge == job->merge) {
              CompactCall& call = compactions_.front();
              const MergeProgress before = call.told;
              call.told.tables_done += tables;
              call.told.bytes_done += size;
              call.merge->moved(before, call.told);
              tell_progress();
            }
          }
          installed(job->kind, outcome);
        });
}

void ShardCare::installed(Job::Kind kind, const Status& outcome) {
  plan_due_ = true;
  BackOff& back_off = back_off_of(kind);
  if (outcome.ok()) {
    back_off = {};
    return;
  }
  if (tree_.broken()) return fail_(outcome.error());
  if (outcome.error().code == Errc::cancelled) return;
  back_off.problem = to_string(outcome.error());
  back_off.pause = std::clamp(back_off.pause * 2, kBackOffMin, kBackOffMax);
  back_off.until = host_.now() + back_off.pause;
  host_.wake_after(back_off.pause);
  if (kind == Job::Kind::flush) refuse_flushes(outcome.error());
  refuse_compactions(outcome.error());
}

std::string ShardCare::problem() const {
  if (seal_failure_) return to_string(*seal_failure_);
  return flush_back_off_.problem.empty() ? merge_back_off_.problem : flush_back_off_.problem;
}

void ShardCare::flush(Done<Nothing> done) {
  if (stopped_) return done(*stopped_);
  flushes_.push_back({std::move(done), std::nullopt});
}

void ShardCare::compact(const KeyRange& range, RangeMergeHandle merge, Done<Nothing> done) {
  if (tree_.merging() == Merging::stopped)
    return done(Error{Errc::unavailable, "merging is stopped: turn it on, or off, first", 0});
  const Timestamp through = tree_.reader()->visible();
  flush([this, range, through, merge = std::move(merge),
         done = std::move(done)](Result<Nothing> flushed) mutable {
    if (!flushed.ok()) return done(std::move(flushed));
    if (tree_.merging() == Merging::stopped) return done(merging_was_stopped());
    compactions_.push_back({range, through, std::move(merge), std::move(done)});
    plan_due_ = true;
    host_.wake_after(std::chrono::microseconds(0));
  });
}

bool ShardCare::is_flushed(const FlushCall& call) const {
  return call.target && *call.target <= tree_.stats().flushes;
}

/// Whoever asks for a flush wants the logs gone too.
bool ShardCare::step_clean() {
  if (std::ranges::none_of(flushes_, [this](const FlushCall& call) { return is_flushed(call); }))
    return false;
  lend_([this] { return tree_.clean_logs(); },
        [this](const Status& cleaned) {
          if (!cleaned.ok() && tree_.broken()) return fail_(cleaned.error());
          answer_flushes(cleaned);
        });
  return true;
}

/// Others go on waiting for their memtables.
void ShardCare::answer_flushes(const Status& cleaned) {
  for (FlushCall& call : std::exchange(flushes_, {})) {
    if (!is_flushed(call)) {
      flushes_.push_back(std::move(call));
    } else {
      cleaned.ok() ? call.done(Nothing{}) : call.done(cleaned.error());
    }
  }
}

void ShardCare::forget(const std::shared_ptr<RunningJob>& job) {
  if (job->merge != nullptr) job->merge->ended(job->written());
  // What it wrote goes now, while nobody else has the directory: a pool that is busy may keep `job` for long.
  const Job gone = std::move(job->job);
  std::erase(running_, job);
}

void ShardCare::forget_returned() {
  for (const auto& job : std::exchange(returned_, {})) forget(job);
}

void ShardCare::set_merging(Merging merging, Done<Nothing> done) {
  if (stopped_) return done(*stopped_);
  tree_.set_merging(merging);
  plan_due_ = true;
  looking_ = false;
  for (const auto& running : running_) {
    if (running->kind != Job::Kind::merge) continue;
    if (merging == Merging::paused) {
      running->hold();
    } else {
      host_.let_go(running);
    }
  }
  if (merging == Merging::on) space_may_be_free();
  if (merging != Merging::stopped) return done(Nothing{});
  cancel_merges();
  stops_.push_back(std::move(done));
  for (CompactCall& call : std::exchange(compactions_, {})) end(std::move(call), merging_was_stopped());
}

void ShardCare::go_on_merging() {
  merging_ = true;
  plan_due_ = true;
}

void ShardCare::stop_merging() {
  merging_ = false;
  cancel_merges();
}

void ShardCare::cancel(const std::shared_ptr<RunningJob>& job) {
  if (job->cancel()) host_.give_back(job);
}

void ShardCare::cancel_merges() {
  for (const auto& running : running_)
    if (running->kind == Job::Kind::merge) cancel(running);
}

void ShardCare::stop(const Error& error) {
  stopped_ = error;
  for (const auto& running : running_) cancel(running);
  refuse_flushes(error);
  refuse_compactions(error);
  for (Done<Nothing>& done : std::exchange(stops_, {})) done(error);
}

void ShardCare::refuse_flushes(const Error& error) {
  for (FlushCall& call : std::exchange(flushes_, {})) call.done(error);
}

void ShardCare::refuse_compactions(const Error& error) {
  for (CompactCall& call : std::exchange(compactions_, {})) end(std::move(call), error);
}

}  // namespace coppice::actors
