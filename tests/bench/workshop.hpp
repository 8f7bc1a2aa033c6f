// A thread beside a tree for its flushes and merges.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/compact/job.hpp"
#include "engine/compact/write_pace.hpp"

namespace coppice::bench {

/// Runs jobs one at a time on a thread of its own, as a compactor does for a shard.
/// Threads: one owner at a time.
class Workshop {
public:
  Workshop() : thread_([this] { work(); }) {}
  ~Workshop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  bool busy() const { return busy_; }
  bool has_finished() const { return finished_.load(std::memory_order_acquire); }

  /// Requires: not busy().
  void begin(engine::Job job) {
    {
      const std::lock_guard lock(mutex_);
      job_.emplace(std::move(job));
    }
    busy_ = true;
    changed_.notify_all();
  }

  /// Waits for the job that was begun. Requires: busy().
  engine::Job take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_finished(); });
    engine::Job job = *std::move(job_);
    job_.reset();
    busy_ = false;
    finished_.store(false, std::memory_order_relaxed);
    return job;
  }

private:
  void work() {
    const std::atomic<bool> cancelled{false};
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopped_ || (job_ && !has_finished()); });
      if (stopped_) return;
      lock.unlock();
      engine::WritePace pace;
      job_->run(cancelled, [&pace](uint64_t size, double rate) {
        const auto wait = pace.wrote(engine::WritePace::Clock::now(), size, rate);
        if (wait > wait.zero()) std::this_thread::sleep_for(wait);
      });
      lock.lock();
      finished_.store(true, std::memory_order_release);
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<engine::Job> job_;
  std::atomic<bool> finished_{false};
  bool busy_ = false;     // The owner's.
  bool stopped_ = false;  // Under the mutex.
  std::thread thread_;
};

}  // namespace coppice::bench
