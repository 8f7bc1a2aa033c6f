#include "cluster/service/inbox.hpp"

#include <cerrno>
#include <cstring>

#include <sys/eventfd.h>
#include <unistd.h>

namespace coppice::cluster {
namespace {

/// Stands in the list once it is closed.
class Closed final : public Inbox::Item {
public:
  void run() override {}
};
Closed closed;

thread_local const Inbox* inbox_here = nullptr;

}  // namespace

Result<std::shared_ptr<Inbox>> Inbox::make() {
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0)
    return Error{Errc::io_error, std::string("cannot make an eventfd: ") + std::strerror(errno) +
                                     "; see the limit on open files (ulimit -n)"};
  return std::make_shared<Inbox>(kj::AutoCloseFd(event));
}

Inbox::~Inbox() { close(); }

void Inbox::push(std::unique_ptr<Item> item) {
  Item* const mine = item.get();
  Item* last = last_.load(std::memory_order_relaxed);
  do {
    if (last == &closed) return;
    mine->next_ = last;
  } while (!last_.compare_exchange_weak(last, mine, std::memory_order_release, std::memory_order_relaxed));
  // The list owns it now, and the loop may have deleted it already.
  (void)item.release();
  if (last != nullptr) return;
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake.
  (void)!write(event_.get(), &one, sizeof(one));
}

/// Marks the thread while run()'s promise lives.
class Inbox::Runner {
public:
  Runner(const Inbox& inbox, kj::UnixEventPort& port)
      : observer_(port, inbox.event_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ) {
    COPPICE_CHECK(inbox_here == nullptr);
    inbox_here = &inbox;
  }
  ~Runner() { inbox_here = nullptr; }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  kj::Promise<void> run(Inbox& inbox) {
    uint64_t count = 0;
    (void)!read(inbox.event_.get(), &count, sizeof(count));
    inbox.run_all();
    return observer_.whenBecomesReadable().then([this, &inbox]() { return run(inbox); });
  }

private:
  kj::UnixEventPort::FdObserver observer_;
};

kj::Promise<void> Inbox::run(kj::UnixEventPort& port) {
  auto runner = kj::heap<Runner>(*this, port);
  auto running = runner->run(*this);
  return running.attach(kj::mv(runner));
}

bool Inbox::is_here() const { return inbox_here == this; }

void Inbox::close() {
  Item* item = take_all(&closed);
  while (item != nullptr) delete std::exchange(item, item->next_);
}

Inbox::Item* Inbox::take_all(Item* instead) {
  Item* last = last_.exchange(instead, std::memory_order_acquire);
  if (last == &closed) return nullptr;
  Item* first = nullptr;
  while (last != nullptr) {
    Item* const before = std::exchange(last->next_, first);
    first = std::exchange(last, before);
  }
  return first;
}

void Inbox::run_all() {
  Item* item = take_all(nullptr);
  while (item != nullptr) {
    const std::unique_ptr<Item> now(std::exchange(item, item->next_));
    now->run();
  }
}

}  // namespace coppice::cluster
