#include "actors/shard.hpp"

#include <algorithm>

namespace coppice::actors {
Shard::Shard(ShardHost& host, HybridClock& clock, std::shared_ptr<ShardPort> port,
             std::unique_ptr<engine::Storage> tree, uint64_t unsettled,
             std::chrono::milliseconds merge_interval)
    : host_(host),
      clock_(clock),
      port_(std::move(port)),
      tree_(std::move(tree)),
      care_(
          *tree_, host_, merge_interval,
          [this](std::function<Status()> work, std::function<void(Status)> then) {
            lend(std::move(work), std::move(then));
          },
          [this](const Error& error) { fail(error); }),
      stalls_([this](engine::Event event) { tree_->watch().tell(std::move(event)); }),
      unsettled_(unsettled) {
  clock_.observe(tree_->last_commit());
  // The clock of the process before may have been ahead, and snapshots taken now should find what they see.
  clock_.observe(tree_->history_from());
}

Shard::~Shard() {
  COPPICE_CHECK(waiting_.empty());
  COPPICE_CHECK(group_.empty());
}

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
  care_.space_may_be_free();
  proceed();
}

bool Shard::write(std::unique_ptr<WriteRequest>& request) {
  if (!serves() || !holds(port_->range, *request)) return false;
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
  end_stall();
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

// Snapshots and counts.

void Shard::advance(Timestamp moment, Done<Timestamp> done) {
  if (!serves()) return done(not_serving());
  when_free_.push_back([this, moment, done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    const Timestamp oldest = tree_->history_from();
    // What somebody holds already can be held by more.
    if (moment < oldest && !std::ranges::binary_search(snapshots_, moment)) return done(oldest);
    tree_->advance(moment);
    snapshots_.insert(std::ranges::upper_bound(snapshots_, moment), moment);
    done(std::min(oldest, moment));
  });
  proceed();
}

void Shard::release(Timestamp moment) {
  const auto at = std::ranges::find(snapshots_, moment);
  if (at == snapshots_.end()) return;
  snapshots_.erase(at);
  care_.space_may_be_free();
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
    stats.merging = tree_->merging();
    stats.writes = metrics_.writes;
    stats.groups = metrics_.groups;
    stats.syncs = metrics_.syncs;
    stats.refused = metrics_.refused;
    stats.stalls = stalls_.counts();
    stats.snapshots = static_cast<uint32_t>(snapshots_.size());
    stats.visible = port_->reader->visible();
    stats.history_from = tree_->history_from();
    done(std::move(stats));
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

void Shard::compact(const KeyRange& range, RangeMergeHandle merge, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  when_free_.push_back([this, range, merge = std::move(merge), done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    care_.compact(range, merge, done);
  });
  proceed();
}

void Shard::set_merging(engine::Merging merging, Done<Nothing> done) {
  if (mode_ == Mode::opened) return care_.set_merging(merging, std::move(done));
  if (!serves()) return done(not_serving());
  when_free_.push_back([this, merging, done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    care_.set_merging(merging, done);
  });
  proceed();
}

}  // namespace coppice::actors
