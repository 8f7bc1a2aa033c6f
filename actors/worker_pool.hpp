// Threads for what may wait for the disk: reads, flushes, merges, verifications, syncs.
#pragma once

#include "actors/protocol.hpp"

namespace coppice::actors {

/// To be spawned detached. `thread_name` (15 characters) is what tools show of its thread; empty under a test's
/// scheduler, where the thread is not its own.
WorkerActor::behavior_type worker(WorkerActor::pointer self, const std::string& thread_name);

struct PoolOptions {
  /// For messages: "reader".
  std::string name;
  uint32_t threads = 1;
  /// Tasks that wait for a thread; more are refused as unavailable.
  size_t tasks_max = SIZE_MAX;
  /// Detached workers; false only under a test's scheduler.
  bool detached = true;
};

struct PoolState {
  struct Worker {
    WorkerActor actor;
    bool idle = true;
  };
  PoolOptions options;
  std::vector<Worker> workers;
  std::deque<Task> tasks;
  bool closing = false;

  static constexpr const char* name = "coppice.pool";
};

PoolActor::behavior_type worker_pool(PoolActor::stateful_pointer<PoolState> self, PoolOptions options);

}  // namespace coppice::actors
