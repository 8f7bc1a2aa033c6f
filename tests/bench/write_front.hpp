// Lets several threads write to a tree that knows one owner.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "engine/log/batch.hpp"

namespace coppice::bench {

/// A write of one thread, used again for its next one.
struct PendingWrite {
  engine::Batch batch;
  Durability durability = Durability::buffered;

private:
  friend class WriteFront;
  enum class State : uint8_t { waiting, leading, done };
  std::atomic<State> state_{State::waiting};
  PendingWrite* older_ = nullptr;
  std::vector<PendingWrite*> group_;
};

/// Writers push onto a list; the one that finds it empty leads: it commits all that waits, itself included, and hands the
/// lead to the oldest that came meanwhile. So there is one owner at a time, and a sync serves a whole group.
/// No lock; who waits spins shortly, yields, and then sleeps. Source: the write thread of RocksDB does likewise.
///
/// Writers whose sync has just ended are about to come again, and a group that left without them would make them wait
/// for a sync of their own. So before a sync the leader waits until as many are there as wrote last time, for a quarter
/// of what that sync took at most: who was away then is not waited for twice.
class WriteFront {
public:
  /// Calls `commit_group(const std::vector<PendingWrite*>&)`, oldest first, on one thread at a time; returns once a
  /// group with `mine` was committed.
  template <class CommitGroup>
  void commit(PendingWrite& mine, CommitGroup&& commit_group) {
    mine.state_.store(PendingWrite::State::waiting, std::memory_order_relaxed);
    present_.fetch_add(1, std::memory_order_relaxed);
    PendingWrite* older = newest_.load(std::memory_order_relaxed);
    do {
      mine.older_ = older;
    } while (!newest_.compare_exchange_weak(older, &mine, std::memory_order_acq_rel));
    if (older != nullptr && wait(mine) == PendingWrite::State::done) return;

    if (mine.durability == Durability::synced) gather();
    PendingWrite* const newest = newest_.load(std::memory_order_acquire);
    mine.group_.clear();
    for (PendingWrite* write = newest; write != &mine; write = write->older_) mine.group_.push_back(write);
    mine.group_.push_back(&mine);
    std::reverse(mine.group_.begin(), mine.group_.end());
    const auto begun = Clock::now();
    commit_group(mine.group_);
    took_ = Clock::now() - begun;

    writers_ = present_.fetch_sub(static_cast<uint32_t>(mine.group_.size()), std::memory_order_relaxed);
    PendingWrite* const next = leave(newest);
    // Each may be gone, or used again, as soon as it is done.
    for (PendingWrite* write : mine.group_) {
      if (write != &mine) wake(*write, PendingWrite::State::done);
    }
    if (next != nullptr) wake(*next, PendingWrite::State::leading);
  }

private:
  using Clock = std::chrono::steady_clock;

  /// Waits for those who wrote last time.
  void gather() const {
    const auto until = Clock::now() + took_ / 4;
    while (present_.load(std::memory_order_relaxed) < writers_ && Clock::now() < until)
      std::this_thread::yield();
  }

  /// Empties the list up to `newest`; who leads next, or nobody.
  PendingWrite* leave(PendingWrite* newest) {
    PendingWrite* last = newest;
    if (newest_.compare_exchange_strong(last, nullptr, std::memory_order_acq_rel)) return nullptr;
    while (last->older_ != newest) last = last->older_;
    return last;
  }

  static void wake(PendingWrite& write, PendingWrite::State state) {
    write.state_.store(state, std::memory_order_release);
    write.state_.notify_one();
  }

  static PendingWrite::State wait(PendingWrite& mine) {
    constexpr int kSpins = 200;
    constexpr std::chrono::microseconds kYieldFor{100};
    const auto read = [&] { return mine.state_.load(std::memory_order_acquire); };
    for (int i = 0; i < kSpins; ++i) {
      if (read() != PendingWrite::State::waiting) return read();
      __builtin_ia32_pause();
    }
    const auto until = std::chrono::steady_clock::now() + kYieldFor;
    while (std::chrono::steady_clock::now() < until) {
      if (read() != PendingWrite::State::waiting) return read();
      std::this_thread::yield();
    }
    mine.state_.wait(PendingWrite::State::waiting, std::memory_order_acquire);
    return read();
  }

  std::atomic<PendingWrite*> newest_{nullptr};
  /// Writers between their coming and the end of their group.
  std::atomic<uint32_t> present_{0};
  // The leader's: writes that came last time, those during the sync included, and how long it took.
  uint32_t writers_ = 0;
  Clock::duration took_{};
};

}  // namespace coppice::bench
