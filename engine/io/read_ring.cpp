#include "engine/io/read_ring.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <mutex>
#include <utility>

#include "schema/check.hpp"

namespace coppice::engine {

namespace {

// A ring that ends gives its memory back by a system call that sanitizers do not see, and another thread's ring may get it:
// this tells them which came first.
std::mutex beginning_and_ending;

}  // namespace

ReadRing* ReadRing::here() {
  thread_local ReadRing ring;
  return ring.usable_ ? &ring : nullptr;
}

ReadRing::ReadRing() {
  const std::lock_guard lock(beginning_and_ending);
  usable_ = ::io_uring_queue_init(kDepth, &ring_, 0) == 0;
}

ReadRing::~ReadRing() { end(); }

void ReadRing::end() {
  const std::lock_guard lock(beginning_and_ending);
  if (std::exchange(usable_, false)) ::io_uring_queue_exit(&ring_);
}

void ReadRing::run(std::span<Read> reads) {
  while (!reads.empty() && usable_) {
    const size_t count = std::min<size_t>(reads.size(), kDepth);
    run_together(reads.first(count));
    reads = reads.subspan(count);
  }
}

void ReadRing::run_together(std::span<Read> reads) {
  for (Read& read : reads) {
    COPPICE_CHECK(read.size <= std::numeric_limits<unsigned>::max());
    io_uring_sqe* const request = ::io_uring_get_sqe(&ring_);
    // The ring is empty between calls, and has room for as many.
    COPPICE_CHECK(request != nullptr);
    ::io_uring_prep_read(request, read.file, read.target, static_cast<unsigned>(read.size), read.offset);
    ::io_uring_sqe_set_data(request, &read);
  }
  const int submitted = ::io_uring_submit(&ring_);
  // What was taken must come back before its target may go away.
  for (int under_way = submitted; under_way > 0;) {
    io_uring_cqe* answer = nullptr;
    const int waited = ::io_uring_wait_cqe(&ring_, &answer);
    if (waited == -EINTR || waited == -EAGAIN) continue;
    COPPICE_CHECK(waited == 0);
    auto* const read = static_cast<Read*>(::io_uring_cqe_get_data(answer));
    read->done = answer->res >= 0 && static_cast<size_t>(answer->res) == read->size;
    ::io_uring_cqe_seen(&ring_, answer);
    --under_way;
  }
  if (submitted == static_cast<int>(reads.size())) return;
  // Some are left in the ring, and would be sent with the next ones.
  end();
}

}  // namespace coppice::engine
