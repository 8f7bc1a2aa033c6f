#include "actors/shard.hpp"

#include <algorithm>

#include "actors/throttle.hpp"

namespace coppice::actors {
namespace {

/// Of keys and values in one append to the log, unless one batch alone is larger.
constexpr size_t kGroupSizeMax = 4 << 20;
constexpr uint32_t kRetryAfterMs = 100;

/// Calls `done`, and leaves it empty.
template <class T, class Answer>
void answer_call(Done<T>& done, Answer&& answer) {
  if (!done) return;
  const Done<T> call = std::exchange(done, nullptr);
  call(std::forward<Answer>(answer));
}

}  // namespace

Shard::Shard(ShardHost& host, HybridClock& clock, std::shared_ptr<ShardPort> port,
             std::unique_ptr<engine::Tree> tree, uint64_t unsettled)
    : host_(host),
      clock_(clock),
      port_(std::move(port)),
      tree_(std::move(tree)),
      care_(
          *tree_, host_,
          [this](std::function<Status()> work, std::function<void(Status)> then) {
            lend(std::move(work), std::move(then));
          },
          [this](const Error& error) { fail(error); }),
      unsettled_(unsettled) {
  clock_.observe(tree_->last_commit());
}

Shard::~Shard() { COPPICE_CHECK(waiting_.empty() && group_.empty()); }

Error Shard::not_serving() const {
  if (mode_ == Mode::cut) return Error{Errc::moved, "shard " + std::to_string(port_->id) + " was split"};
  return Error{failure_.code, "shard " + std::to_string(port_->id) + " does not serve: " + failure_.text,
               kRetryAfterMs};
}

// Turns.

void Shard::adopt(std::vector<Timestamp> snapshots, WriteList inherited) {
  COPPICE_CHECK(mode_ == Mode::opened);
  mode_ = Mode::serving;
  snapshots_ = std::move(snapshots);
  while (auto request = inherited.pop_front()) {
    port_->queue.reserve(*request);
    waiting_.push_back(std::move(request));
  }
  proceed();
}

bool Shard::write(std::unique_ptr<WriteRequest>& request) {
  if (!serves() || !holds(port_->range, request->batch)) return false;
  switch (port_->queue.push(request)) {
    case ShardQueue::Push::closed:
      return false;
    case ShardQueue::Push::full:
      request->done(port_->queue_full());
      return true;
    case ShardQueue::Push::taken:
      proceed();
      return true;
  }
  return false;
}

void Shard::timer() {
  timer_set_ = false;
  proceed();
}

void Shard::proceed() {
  while ((mode_ == Mode::serving || mode_ == Mode::closing) && !held_ && !then_ && step()) {
  }
}

/// Does the first thing that is due; false: nothing is, or it has lent the tree.
bool Shard::step() {
  if (!when_free_.empty()) {
    const WhenFree call = std::move(when_free_.front());
    when_free_.pop_front();
    call(success());
    return true;
  }
  if (care_.step(snapshots_)) return false;
  if (hold_call_) return step_hold();
  if (cut_plan_) return step_cut();
  if (begin_group()) return true;
  if (mode_ == Mode::closing && !then_) return step_close();
  return false;
}

void Shard::lend(std::function<Status()> work, std::function<void(Status)> then) {
  COPPICE_CHECK(!then_);
  then_ = std::move(then);
  host_.run_apart(std::move(work));
}

void Shard::ran(Status outcome) {
  COPPICE_CHECK(then_ != nullptr);
  const auto then = std::exchange(then_, nullptr);
  if (mode_ == Mode::failed) return end_failed();
  then(std::move(outcome));
  proceed();
}

void Shard::job_ran(std::shared_ptr<RunningJob> job) {
  if (mode_ == Mode::failed) {
    care_.forget(job);
    return end_failed();
  }
  care_.job_ran(std::move(job));
  proceed();
}

void Shard::wake_after(std::chrono::microseconds delay) {
  if (std::exchange(timer_set_, true)) return;
  host_.wake_after(delay);
}

// One group of writes.

bool Shard::begin_group() {
  waiting_.append(port_->queue.drain());
  if (waiting_.empty() || !may_write()) return false;
  take_group();
  Durability strongest = Durability::memory;
  for (const auto& request : group_) strongest = std::max(strongest, request->durability);
  if (!log_group(strongest)) return false;
  if (strongest == Durability::synced) {
    sync([this] { apply_group(); });
    return false;
  }
  apply_group();
  return true;
}

bool Shard::may_write() {
  const double debt = tree_->debt();
  if (debt >= 1) {
    stall();
    return false;
  }
  stalled_since_.reset();
  const auto now = host_.now();
  if (now < next_group_at_) {
    wake_after(std::chrono::duration_cast<std::chrono::microseconds>(next_group_at_ - now) +
               std::chrono::microseconds(1));
    return false;
  }
  if (debt > kDebtSlow) {
    next_group_at_ = now + write_pause(debt);
    ++metrics_.stalls;
  }
  return true;
}

/// The tree takes no writes now: they wait, but not for ever.
void Shard::stall() {
  ++metrics_.stalls;
  const auto now = host_.now();
  if (!stalled_since_) stalled_since_ = now;
  wake_after(kStallStep);
  if (now - *stalled_since_ < kStallMax && mode_ != Mode::closing) return;
  const Error error{Errc::unavailable,
                    "shard " + std::to_string(port_->id) +
                        ": flushing and merging fall behind its writes: wait and try again",
                    kRetryAfterMs};
  answer_call(hold_call_, error);
  refuse_waiting(error);
}

void Shard::take_group() {
  size_t size = 0;
  while (!waiting_.empty() && (group_.empty() || size + waiting_.front().size() <= kGroupSizeMax)) {
    size += waiting_.front().size();
    group_.push_back(waiting_.pop_front());
  }
}

bool Shard::log_group(Durability strongest) {
  group_writes_.clear();
  for (const auto& request : group_) group_writes_.push_back({&request->batch, clock_.now(), {}});
  const Status logged = tree_->log_group(group_writes_, strongest);
  if (logged.ok()) {
    ++metrics_.groups;
    return true;
  }
  if (logged.error().code != Errc::unavailable) {
    fail(logged.error());
    return false;
  }
  for (; !group_.empty(); group_.pop_back()) waiting_.push_front(std::move(group_.back()));
  stall();
  return false;
}

void Shard::sync(std::function<void()> then) {
  ++metrics_.syncs;
  auto planned = std::make_shared<engine::LogSync>(tree_->plan_sync());
  lend([planned] { return planned->run(); },
       [this, then = std::move(then)](const Status& outcome) {
         if (const Status installed = tree_->install_sync(outcome); !installed.ok())
           return fail(installed.error());
         then();
       });
}

void Shard::apply_group() {
  tree_->apply_group(group_writes_);
  std::vector<std::unique_ptr<WriteRequest>> group = std::exchange(group_, {});
  for (size_t i = 0; i < group.size(); ++i) {
    metrics_.writes += group[i]->batch.count();
    answer(std::move(group[i]), group_writes_[i].commit);
  }
}

void Shard::answer(std::unique_ptr<WriteRequest> request, Result<Timestamp> result) {
  port_->queue.release(*request);
  request->done(std::move(result));
}

void Shard::refuse_waiting(const Error& error) {
  while (auto request = waiting_.pop_front()) {
    metrics_.refused += request->batch.count();
    answer(std::move(request), error);
  }
}

// Snapshots and counts.

void Shard::advance(Timestamp moment, Done<bool> done) {
  if (!serves()) return done(not_serving());
  when_free_.push_back([this, moment, done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    if (moment < care_.planned_floor()) return done(false);
    tree_->advance(moment);
    snapshots_.insert(std::ranges::upper_bound(snapshots_, moment), moment);
    done(true);
  });
  proceed();
}

void Shard::release(Timestamp moment) {
  if (const auto at = std::ranges::find(snapshots_, moment); at != snapshots_.end()) snapshots_.erase(at);
}

void Shard::stats(Done<ShardStats> done) {
  if (!serves()) return done(not_serving());
  when_free_.push_back([this, done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    ShardStats stats;
    stats.id = port_->id;
    stats.range = port_->range;
    stats.problem = care_.problem();
    stats.tree = tree_->stats();
    stats.writes = metrics_.writes;
    stats.groups = metrics_.groups;
    stats.syncs = metrics_.syncs;
    stats.refused = metrics_.refused;
    stats.stalls = metrics_.stalls;
    stats.snapshots = static_cast<uint32_t>(snapshots_.size());
    stats.visible = port_->reader->visible();
    done(std::move(stats));
  });
  proceed();
}

// Batches over several shards.

void Shard::hold(Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(!hold_call_);
  COPPICE_CHECK(!held_);
  hold_call_ = std::move(done);
  proceed();
}

bool Shard::step_hold() {
  // A held tree must not refuse what the router then logs.
  if (tree_->debt() >= 1) {
    stall();
    return false;
  }
  held_ = true;
  answer_call(hold_call_, Nothing{});
  return false;
}

void Shard::log_spanning(std::shared_ptr<const SpanningGroup> group, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(held_);
  spanning_ = std::move(group);
  spanning_call_ = std::move(done);
  group_writes_ = spanning_->writes_of(port_->id);
  // Always synced: a participant that lost its record must find it with another, so each has it on its disk.
  if (const Status logged = tree_->log_group(group_writes_, Durability::synced); !logged.ok())
    return fail(logged.error());
  ++metrics_.groups;
  sync([this] { answer_call(spanning_call_, Nothing{}); });
}

void Shard::apply_spanning(Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(spanning_ != nullptr);
  tree_->apply_group(group_writes_);
  for (const engine::GroupWrite& write : group_writes_) {
    tree_->settle(write.commit);
    metrics_.writes += write.batch->count();
  }
  spanning_.reset();
  done(Nothing{});
  let_go();
}

void Shard::let_go() {
  held_ = false;
  proceed();
}

void Shard::settle(Timestamp commit) {
  if (mode_ == Mode::failed || mode_ == Mode::ended) return;
  COPPICE_CHECK(unsettled_ > 0);
  when_free_.push_back([this, commit](const Status& free) {
    if (!free.ok()) return;
    tree_->settle(commit);
    --unsettled_;
  });
  proceed();
}

// Care.

void Shard::flush(Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  // The group under way counts as written before.
  when_free_.push_back([this, done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    care_.flush(done);
  });
  proceed();
}

void Shard::compact(const KeyRange& range, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  when_free_.push_back([this, range, done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    care_.compact(range, done);
  });
  proceed();
}

// Splits.

void Shard::cut(Cut plan, Done<std::shared_ptr<WriteList>> done) {
  if (!serves()) return done(not_serving());
  if (unsettled_ > 0)
    return done(Error{Errc::unavailable,
                      "shard " + std::to_string(port_->id) +
                          " keeps the only record of a batch for a shard that does not serve: restore that "
                          "shard first, then split",
                      1000});
  COPPICE_CHECK(!cut_plan_);
  cut_plan_ = std::move(plan);
  cut_call_ = std::move(done);
  care_.stop_merging();
  when_free_.push_back([this](const Status& free) {
    if (!free.ok()) return;
    care_.flush([this](Result<Nothing> flushed) {
      if (flushed.ok() || mode_ == Mode::failed) return;
      cut_plan_.reset();
      care_.go_on_merging();
      answer_call(cut_call_, std::move(flushed).error());
    });
  });
  proceed();
}

bool Shard::step_cut() {
  if (!care_.jobs_home() || !tree_->memtables_empty()) return false;
  lend([this] { return tree_->split(cut_plan_->key, cut_plan_->left, cut_plan_->right); },
       [this](Status outcome) {
         cut_plan_.reset();
         if (outcome.ok()) {
           mode_ = Mode::cut;
           care_.stop(not_serving());
           refuse_when_free(not_serving());
           return answer_call(cut_call_, std::make_shared<WriteList>(std::exchange(waiting_, {})));
         }
         if (tree_->broken()) return fail(outcome.error());
         care_.go_on_merging();
         answer_call(cut_call_, std::move(outcome).error());
       });
  return false;
}

// Ends.

void Shard::close(WriteList leftover, Done<Nothing> done) {
  if (mode_ != Mode::serving && mode_ != Mode::cut && mode_ != Mode::opened) {
    // Failed on its way: the tree keeps what it had acknowledged.
    while (auto request = leftover.pop_front()) answer(std::move(request), not_serving());
    return done(not_serving());
  }
  mode_ = Mode::closing;
  close_call_ = std::move(done);
  waiting_.append(port_->queue.drain());
  waiting_.append(std::move(leftover));
  care_.stop({Errc::cancelled, "the store is closing"});
  proceed();
}

bool Shard::step_close() {
  if (!waiting_.empty() || !care_.jobs_home()) return false;
  lend([this] { return tree_->close(); },
       [this](Status closed) {
         mode_ = Mode::ended;
         if (closed.ok()) {
           answer_call(close_call_, Nothing{});
         } else {
           answer_call(close_call_, std::move(closed).error());
         }
         host_.ended();
       });
  return false;
}

void Shard::fail(const Error& error) {
  if (mode_ == Mode::failed || mode_ == Mode::ended) return;
  mode_ = Mode::failed;
  failure_ = error;
  host_.failed(error);
  care_.stop(error);
  answer_all(error);
  end_failed();
}

void Shard::answer_all(const Error& error) {
  Error unknown = error;
  unknown.text += "; this write may or may not be kept";
  for (auto& request : std::exchange(group_, {})) answer(std::move(request), unknown);
  refuse_waiting(
      Error{Errc::unavailable, not_serving().text + "; nothing of this write was kept", kRetryAfterMs});
  refuse_when_free(error);
  answer_call(hold_call_, error);
  answer_call(spanning_call_, error);
  answer_call(cut_call_, error);
  answer_call(close_call_, error);
}

void Shard::refuse_when_free(const Error& error) {
  for (const WhenFree& call : std::exchange(when_free_, {})) call(error);
}

void Shard::end_failed() {
  if (mode_ != Mode::failed || then_ || !care_.jobs_home()) return;
  mode_ = Mode::ended;
  host_.ended();
}

}  // namespace coppice::actors
