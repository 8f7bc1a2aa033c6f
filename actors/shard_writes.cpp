// How a shard commits: groups of its own writes, and its part of batches over several shards.
#include <algorithm>

#include "actors/answer_call.hpp"
#include "actors/shard.hpp"
#include "actors/throttle.hpp"
#include "actors/write_group.hpp"

namespace coppice::actors {
namespace {

/// Of keys and values in one append to the log, unless one batch alone is larger.
constexpr size_t kGroupSizeMax = 4 << 20;

}  // namespace

// One group of writes.

bool Shard::begin_group() {
  waiting_.append(port_->queue.drain());
  if (waiting_.empty() || !may_write()) return false;
  group_ = take_group(waiting_, kGroupSizeMax);
  const bool is_free =
      std::ranges::none_of(group_, [](const auto& request) { return request->conditions != nullptr; });
  return is_free ? commit_group() : read_conditions();
}

bool Shard::commit_group() {
  if (!log_group()) return false;
  if (std::ranges::any_of(group_,
                          [](const auto& request) { return request->durability == Durability::synced; })) {
    sync([this] { apply_group(); });
    return false;
  }
  apply_group();
  return true;
}

bool Shard::may_write() {
  const auto now = host_.now();
  if (const auto& why = care_.seal_failure()) {
    stalls_.wait(now, engine::StallReason::full_disk);
    refuse_waiting(no_writes(*why));
    return false;
  }
  if (tree_->debt() >= 1) {
    stall();
    return false;
  }
  stalled_since_.reset();
  stalls_.go_on(now);
  if (now < next_group_at_) {
    wake_after(std::chrono::duration_cast<std::chrono::microseconds>(next_group_at_ - now) +
               std::chrono::microseconds(1));
    return false;
  }
  return true;
}

/// The further the tree is behind with flushing and merging, the later the next group comes.
void Shard::pause_behind_group() {
  size_t size = 0;
  for (const auto& request : group_) size += request->size();
  const auto now = host_.now();
  const auto pause = pace_.wrote(now, size, tree_->write_rate());
  if (pause == pause.zero()) return;
  next_group_at_ = now + pause;
  stalls_.pause(now, tree_->stall_reason(), std::chrono::duration_cast<std::chrono::microseconds>(pause));
}

Error Shard::no_writes(const Error& why) const {
  return {why.code, "shard " + std::to_string(port_->id) + " takes no writes, only reads: " + why.text,
          kRetryAfterMs};
}

/// What slowed writes may be over without any write that would tell.
void Shard::end_stall() {
  if (!stalls_.is_open() || log_full_ || care_.seal_failure() || tree_->debt() > 0) return;
  stalls_.end(host_.now());
}

/// The tree takes no writes now: they wait, but not for ever.
void Shard::stall() {
  const auto now = host_.now();
  stalls_.wait(now, tree_->stall_reason());
  if (!stalled_since_) stalled_since_ = now;
  wake_after(kStallStep);
  if (now - *stalled_since_ < kStallMax && mode_ != Mode::closing) return;
  const std::string problem = care_.problem();
  const Error error{Errc::unavailable,
                    "shard " + std::to_string(port_->id) + ": " + tree_->backlog_text() +
                        (problem.empty() ? "" : " (" + problem + ")"),
                    kRetryAfterMs};
  refuse_hold(error);
  refuse_waiting(error);
}

bool Shard::log_group() {
  group_writes_.clear();
  for (const auto& request : group_) group_writes_.push_back({&request->batch, clock_.now(), {}});
  const Status logged = tree_->log_group(group_writes_);
  if (logged.ok()) {
    ++metrics_.groups;
    log_full_ = false;
    pause_behind_group();
    return true;
  }
  const bool no_room = logged.error().code == Errc::out_of_space && !tree_->broken();
  if (logged.error().code != Errc::unavailable && !no_room) {
    fail(logged.error());
    return false;
  }
  for (; !group_.empty(); group_.pop_back()) waiting_.push_front(std::move(group_.back()));
  if (no_room) {
    // Who comes next may find room, so none waits; but it is one stall until one does.
    stalls_.pause(host_.now(), engine::StallReason::full_disk, {});
    log_full_ = true;
    refuse_waiting(no_writes(logged.error()));
  } else {
    stall();
  }
  return false;
}

void Shard::sync(std::function<void()> then) {
  ++metrics_.syncs;
  auto planned = std::make_shared<engine::LogSync>(tree_->plan_sync());
  lend([this, planned] { return tree_->run_sync(std::move(*planned)); },
       [this, then = std::move(then)](const Status& outcome) {
         if (const Status installed = tree_->install_sync(outcome); !installed.ok())
           return fail(installed.error());
         then();
       });
}

void Shard::show_group() {
  tree_->apply_group(group_writes_);
  if (std::ranges::any_of(group_writes_, [](const engine::GroupWrite& write) {
        return write.batch->range_delete_count() > 0;
      }))
    care_.space_may_be_free();
}

void Shard::apply_group() {
  show_group();
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

// Batches over several shards.

void Shard::hold(size_t size, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(!hold_call_);
  COPPICE_CHECK(!held_);
  hold_call_ = std::move(done);
  hold_size_ = size;
  proceed();
}

bool Shard::step_hold() {
  // A held tree must not refuse what the router then logs.
  if (const auto& why = care_.seal_failure()) {
    refuse_hold(no_writes(*why));
    return true;
  }
  if (tree_->debt() >= 1) {
    stall();
    return false;
  }
  if (hold_tables_ != nullptr) return step_hold_tables();
  // Once one participant has logged the group all must: whoever lacks the room says so now.
  if (const Status room = tree_->make_room(hold_size_); !room.ok()) {
    if (tree_->broken()) {
      fail(room.error());
      return false;
    }
    answer_call(hold_call_, no_writes(room.error()));
    return true;
  }
  held_ = true;
  held_at_ = host_.now();
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
  if (const Status logged = tree_->log_group(group_writes_); !logged.ok()) return fail(logged.error());
  ++metrics_.groups;
  sync([this] { answer_call(spanning_call_, Nothing{}); });
}

void Shard::apply_spanning(Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(spanning_ != nullptr);
  show_group();
  for (const engine::GroupWrite& write : group_writes_) {
    tree_->settle(write.commit);
    metrics_.writes += write.batch->count();
  }
  spanning_.reset();
  done(Nothing{});
  let_go();
}

void Shard::checkpoint(const std::string& directory, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(held_);
  checkpoint_call_ = std::move(done);
  lend([this, directory] { return tree_->checkpoint(directory); },
       [this](Status made) {
         if (!made.ok()) return answer_call(checkpoint_call_, std::move(made).error());
         answer_call(checkpoint_call_, Nothing{});
       });
}

void Shard::let_go() {
  if (std::exchange(held_, false)) stalls_.held(host_.now() - held_at_);
  ingest_.reset();
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

}  // namespace coppice::actors
