#include "cluster/client/event_loop.hpp"

namespace coppice::client {

Result<std::shared_ptr<EventLoop>> EventLoop::of_this_thread() {
  thread_local std::weak_ptr<EventLoop> current;
  if (auto loop = current.lock()) return loop;
  try {
    auto loop = std::make_shared<EventLoop>(kj::setupAsyncIo());
    current = loop;
    return loop;
  } catch (const kj::Exception& error) {
    return Error{Errc::in_use, std::string("this thread cannot have an event loop for the client: ") +
                                   error.getDescription().cStr() + "; connect on a thread of its own"};
  }
}

void EventLoop::pump() {
  if (running_) return;
  running_ = true;
  KJ_DEFER(running_ = false);
  io_.waitScope.poll();
}

}  // namespace coppice::client
