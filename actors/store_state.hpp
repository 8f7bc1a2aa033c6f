// What is behind a Store.
#pragma once

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/core.hpp"
#include "actors/door.hpp"
#include "actors/protocol.hpp"
#include "actors/store_directory.hpp"
#include "engine/tree.hpp"

namespace coppice::actors {

struct Store::State {
  State(const StoreOptions& options, engine::FileSystem& files, std::unique_ptr<engine::FileSystem> own)
      : own_files(std::move(own)), core(std::make_shared<Core>(options, files)), system(prepared()) {}

  void start(std::unique_ptr<StoreDirectory> directory);
  const engine::StorageEngine& storage() const;
  /// The request is answered, whatever becomes of it.
  void submit(std::unique_ptr<WriteRequest> request);
  /// Blocks: until the call that gets this `done` has answered.
  template <class T, class Call>
  Result<T> wait_for(Call&& call) {
    std::future<Result<T>> answer = as_future<T>(std::forward<Call>(call));
    core->platform.work_until(
        system, [&] { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return answer.get();
  }
  Status close();

  // Handles keep the core; the real file system is without state.
  const std::unique_ptr<engine::FileSystem> own_files;
  const engine::TreeEngine trees;
  const std::shared_ptr<Core> core;
  caf::actor_system_config config;
  caf::actor_system system;
  std::shared_ptr<Door> door;
  RouterActor router;
  // In the order in which they end.
  std::vector<PoolActor> pools;
  PoolActor verifier;
  std::vector<WorkerActor> log_syncs;
  bool closed = false;

private:
  caf::actor_system_config& prepared() {
    const uint32_t threads = core->options.scheduler_threads;
    core->platform.prepare(config,
                           threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency()));
    return config;
  }
};

}  // namespace coppice::actors
