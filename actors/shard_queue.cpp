#include "actors/shard_queue.hpp"

namespace coppice::actors {
namespace {

/// What head_ points to in a closed queue: an address that is no request's, never followed.
alignas(WriteRequest) char closed_mark;
WriteRequest* const kClosed = reinterpret_cast<WriteRequest*>(&closed_mark);

}  // namespace

ShardQueue::~ShardQueue() {
  const WriteRequest* head = head_.load(std::memory_order_acquire);
  COPPICE_CHECK(head == nullptr || head == kClosed);
}

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
    return refuse(head_.load(std::memory_order_acquire) == kClosed ? Push::closed : Push::full);

  WriteRequest* added = request.get();
  WriteRequest* head = head_.load(std::memory_order_relaxed);
  do {
    if (head == kClosed) {
      // What close() was told before it closed (a new routing table) is seen after this.
      (void)head_.load(std::memory_order_acquire);
      return refuse(Push::closed);
    }
    added->next = head;
  } while (!head_.compare_exchange_weak(head, added, std::memory_order_release, std::memory_order_relaxed));
  (void)request.release();  // The consumer may have answered and freed it by now.
  if (head == nullptr) wake_();
  return Push::taken;
}

WriteList ShardQueue::take(WriteRequest* replacement) {
  WriteRequest* newest = head_.load(std::memory_order_relaxed);
  do {
    if (newest == kClosed) return {};
  } while (!head_.compare_exchange_weak(newest, replacement, std::memory_order_acq_rel,
                                        std::memory_order_relaxed));
  WriteList list;
  while (newest != nullptr) {
    std::unique_ptr<WriteRequest> request(newest);
    newest = newest->next;
    list.push_front(std::move(request));
  }
  return list;
}

WriteList ShardQueue::drain() { return take(nullptr); }

WriteList ShardQueue::close() { return take(kClosed); }

void ShardQueue::reserve(const WriteRequest& request) {
  operations_.fetch_add(request.batch.count(), std::memory_order_relaxed);
  size_.fetch_add(request.size(), std::memory_order_relaxed);
}

void ShardQueue::release(const WriteRequest& request) {
  operations_.fetch_sub(request.batch.count(), std::memory_order_relaxed);
  size_.fetch_sub(request.size(), std::memory_order_relaxed);
}

}  // namespace coppice::actors
