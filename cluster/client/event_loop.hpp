// The KJ event loop of a thread, which all its clients share: KJ allows one a thread.
#pragma once

#include <memory>

#include <kj/async-io.h>
#include <kj/time.h>

#include "cluster/wire/errors.hpp"
#include "schema/result.hpp"

namespace coppice::client {

/// Threads: the one it was made on.
class EventLoop {
public:
  /// Of this thread; made if no client of the thread has one. in_use if the thread has one that is not ours.
  static Result<std::shared_ptr<EventLoop>> of_this_thread();

  explicit EventLoop(kj::AsyncIoContext io) : io_(kj::mv(io)) {}

  kj::Network& network() { return io_.provider->getNetwork(); }

  /// `promise`, or the error that `late` makes once `time` has passed since now.
  template <class T, class Late>
  kj::Promise<T> within(kj::Duration time, kj::Promise<T> promise, Late late) {
    // The timer's own now() is of the loop's last turn, which may be long ago.
    const kj::TimePoint end = kj::systemPreciseMonotonicClock().now() + time;
    return promise.exclusiveJoin(io_.provider->getTimer().atTime(end).then(
        [late = std::move(late)]() -> kj::Promise<T> { return wire::to_exception(late()); }));
  }

  /// Runs the loop until `promise` is done. Throws what it throws.
  /// Requires: not called by a callback of the loop.
  template <class T>
  T wait(kj::Promise<T> promise) {
    COPPICE_CHECK(!running_);
    running_ = true;
    KJ_DEFER(running_ = false);
    return promise.wait(io_.waitScope);
  }

  kj::Promise<void> after(kj::Duration time) { return io_.provider->getTimer().afterDelay(time); }

  /// Sends what is ready to be sent, unless the loop is running anyway.
  void pump();

private:
  kj::AsyncIoContext io_;
  bool running_ = false;
};

}  // namespace coppice::client
