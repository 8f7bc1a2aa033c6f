// What is behind a Store.
#pragma once

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/core.hpp"
#include "actors/door.hpp"
#include "actors/protocol.hpp"
#include "actors/store_directory.hpp"
#include "actors/system_config.hpp"
#include "engine/tree.hpp"

namespace coppice::actors {

struct Store::State {
  State(const StoreOptions& options, engine::FileSystem& files, std::unique_ptr<engine::FileSystem> own)
      : own_files(std::move(own)),
        core(std::make_shared<Core>(options, files)),
        config(options.scheduler_threads != 0 ? options.scheduler_threads
                                              : std::max(1u, std::thread::hardware_concurrency())),
        system(config) {}

  void start(std::unique_ptr<StoreDirectory> directory);
  const engine::StorageEngine& storage() const;
  /// The request is answered, whatever becomes of it.
  void submit(std::unique_ptr<WriteRequest> request);
  Status close();

  // Handles keep the core; the real file system is without state.
  const std::unique_ptr<engine::FileSystem> own_files;
  const engine::TreeEngine trees;
  const std::shared_ptr<Core> core;
  SystemConfig config;
  caf::actor_system system;
  std::shared_ptr<Door> door;
  RouterActor router;
  // In the order in which they end.
  std::vector<PoolActor> pools;
  PoolActor verifier;
  std::vector<WorkerActor> log_syncs;
  bool closed = false;
};

/// Answers a call that waits.
template <class T, class Call>
Result<T> wait_for(Call&& call) {
  return as_future<T>(std::forward<Call>(call)).get();
}

}  // namespace coppice::actors
