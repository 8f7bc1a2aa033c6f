// The way from threads that are no actors, and from handles that may outlive the store, to its actors.
#pragma once

#include <mutex>
#include <shared_mutex>

#include <caf/send.hpp>

#include "actors/protocol.hpp"

namespace coppice::actors {

/// Open as long as the actors can be spoken to. Shared by the store and every handle it gave out.
/// Threads: any.
class Door {
public:
  Door(RouterActor router, PoolActor readers) : router_(std::move(router)), readers_(std::move(readers)) {}

  /// False, and nothing sent, once the door is closed.
  template <class... Args>
  bool tell_router(Args&&... args) {
    const std::shared_lock lock(mutex_);
    if (router_) caf::anon_send(router_, std::forward<Args>(args)...);
    return static_cast<bool>(router_);
  }

  /// Runs the task on a reader, or refuses it.
  void read(Task task) {
    {
      const std::shared_lock lock(mutex_);
      if (readers_) return caf::anon_send(readers_, atom::run_v, std::move(task));
    }
    task.refuse(closed());
  }

  /// Blocks: until every call under way has left.
  void close() {
    const std::unique_lock lock(mutex_);
    router_ = RouterActor();
    readers_ = PoolActor();
  }

  static Error closed() { return {Errc::cancelled, "the store is closed"}; }

private:
  // Guards two handles against the end of the actor system; held for one send.
  std::shared_mutex mutex_;
  RouterActor router_;
  PoolActor readers_;
};

}  // namespace coppice::actors
