#include "actors/submit.hpp"

namespace coppice::actors {

std::unique_ptr<WriteRequest> submit(Core& core, std::unique_ptr<WriteRequest> request) {
  for (;;) {
    const engine::Pin<RoutingTable> table = core.table.pin();
    if (!table) {
      request->done(Error{Errc::cancelled, "the store is closed"});
      return nullptr;
    }
    const Route* route = table->find_only(request->batch);
    if (route != nullptr && request->conditions != nullptr && !request->conditions->in(route->range))
      route = nullptr;
    if (route == nullptr) return request;
    if (route->port == nullptr) {
      request->done(route->problem);
      return nullptr;
    }
    switch (route->port->queue.push(request)) {
      case ShardQueue::Push::taken:
        return nullptr;
      case ShardQueue::Push::full:
        request->done(route->port->queue_full());
        return nullptr;
      case ShardQueue::Push::closed:
        COPPICE_CHECK(table.is_stale());
    }
  }
}

}  // namespace coppice::actors
