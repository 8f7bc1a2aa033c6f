#include "actors/shard_queue.hpp"

namespace coppice::actors {

ShardQueue::~ShardQueue() { COPPICE_CHECK(list_.empty()); }

ShardQueue::Push ShardQueue::push(std::unique_ptr<WriteRequest>& request) {
  const uint64_t count = request->batch.count();
  const uint64_t bytes = request->size();
  const uint64_t operations = operations_.fetch_add(count, std::memory_order_relaxed);
  const uint64_t size = size_.fetch_add(bytes, std::memory_order_relaxed);
  const auto refuse = [&](Push why) {
    operations_.fetch_sub(count, std::memory_order_relaxed);
    size_.fetch_sub(bytes, std::memory_order_relaxed);
    return why;
  };
  if (operations != 0 && (operations + count > limits_.operations || size + bytes > limits_.size))
    return refuse(list_.is_closed() ? Push::closed : Push::full);

  using Pushed = RequestList<WriteRequest>::Push;
  const Pushed pushed = list_.push(*request);
  if (pushed == Pushed::closed) return refuse(Push::closed);
  (void)request.release();  // The consumer may have answered and freed it by now.
  if (pushed == Pushed::first) wake_();
  return Push::taken;
}

WriteList ShardQueue::oldest_first(WriteRequest* newest) {
  WriteList list;
  while (newest != nullptr) {
    std::unique_ptr<WriteRequest> request(newest);
    newest = newest->next;
    list.push_front(std::move(request));
  }
  return list;
}

WriteList ShardQueue::drain() { return oldest_first(list_.take()); }

WriteList ShardQueue::close() { return oldest_first(list_.close()); }

void ShardQueue::reserve(const WriteRequest& request) {
  operations_.fetch_add(request.batch.count(), std::memory_order_relaxed);
  size_.fetch_add(request.size(), std::memory_order_relaxed);
}

void ShardQueue::release(const WriteRequest& request) {
  operations_.fetch_sub(request.batch.count(), std::memory_order_relaxed);
  size_.fetch_sub(request.size(), std::memory_order_relaxed);
}

}  // namespace coppice::actors
