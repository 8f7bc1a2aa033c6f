// Runs what a shard gives out when a test says so, on the test's own thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actors/shard.hpp"

namespace coppice::actors {

class ManualHost final : public ShardHost {
public:
  void run_apart(std::function<Status()> work) override { apart.push_back(std::move(work)); }
  void run_job(std::shared_ptr<RunningJob> job) override { jobs.push_back(std::move(job)); }
  void give_back(std::shared_ptr<RunningJob> job) override {
    std::erase(jobs, job);
    cancelled.push_back(std::move(job));
  }
  void let_go(const std::shared_ptr<RunningJob>& job) override { job->let_go(); }
  void wake_after(std::chrono::microseconds delay) override { wakes.push_back(time + delay); }
  void failed(const Error& error) override { failure = error; }
  void ended() override { has_ended = true; }
  std::chrono::steady_clock::time_point now() override { return time; }

  /// Lets everything that was given out come back, until nothing is.
  void settle(Shard& shard) {
    while (!apart.empty() || !jobs.empty() || !cancelled.empty()) {
      run_one_apart(shard);
      for (const auto& job : std::exchange(cancelled, {})) shard.job_ran(job);
      run_one_job(shard);
    }
  }
  void run_one_apart(Shard& shard) {
    if (apart.empty()) return;
    const auto work = std::move(apart.front());
    apart.pop_front();
    shard.ran(work());
  }
  void run_one_job(Shard& shard) {
    if (jobs.empty()) return;
    const std::shared_ptr<RunningJob> job = std::move(jobs.front());
    jobs.pop_front();
    while (const auto part = job->parts.begin()) job->job.run_part(*part, job->cancelled);
    shard.job_ran(job);
  }
  /// Time passes, and the delays that were asked for and are over then end.
  void wait(Shard& shard, std::chrono::milliseconds span) {
    time += span;
    for (size_t due = std::erase_if(wakes, [this](auto at) { return at <= time; }); due > 0; --due)
      shard.timer();
  }

  std::deque<std::function<Status()>> apart;
  std::deque<std::shared_ptr<RunningJob>> jobs;
  /// Came back without having run.
  std::deque<std::shared_ptr<RunningJob>> cancelled;
  std::deque<std::chrono::steady_clock::time_point> wakes;
  std::optional<Error> failure;
  bool has_ended = false;
  std::chrono::steady_clock::time_point time{};
};

/// Keeps the answer of a call.
template <class T>
struct Answer {
  Done<T> done() {
    return [this](Result<T> answer) {
      COPPICE_CHECK(!result);
      result = std::move(answer);
    };
  }
  bool ok() const { return result && result->ok(); }
  bool failed() const { return result && !result->ok(); }
  Errc code() const { return result->error().code; }

  std::optional<Result<T>> result;
};

}  // namespace coppice::actors
