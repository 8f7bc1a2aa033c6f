#include "cluster/node/service_loop.hpp"

#include <unordered_set>

#include "cluster/service/session.hpp"

namespace coppice::cluster {
namespace {

constexpr uint32_t kRefusalsMax = 64;

template <class Call>
class CallItem final : public Inbox::Item {
public:
  explicit CallItem(Call call) : call_(std::move(call)) {}
  ~CallItem() noexcept override = default;
  void run() override { call_(); }

private:
  Call call_;
};

}  // namespace

/// What lives on the loop's thread.
class ServiceLoop::Thread final : private kj::TaskSet::ErrorHandler {
public:
  Thread(NodeState& node, std::shared_ptr<Inbox> inbox, wire::InputLimits limits)
      : node_(node), inbox_(std::move(inbox)), io_(kj::setupAsyncIo()), limits_(limits), tasks_(*this) {
    limits_.timer = &io_.provider->getTimer();
  }

  /// Until stop() is done.
  void run() {
    auto running = inbox_->run(io_.unixEventPort).eagerlyEvaluate(nullptr);
    auto stopped = kj::newPromiseAndFulfiller<void>();
    stopped_ = kj::mv(stopped.fulfiller);
    stopped.promise.wait(io_.waitScope);
  }

  void serve(kj::AutoCloseFd fd, ConnectionCount count) {
    if (stopping_ != nullptr) return;
    auto session = kj::heap<Session>(wrap(kj::mv(fd)), node_, inbox_, limits_);
    auto* const key = session.get();
    sessions_.insert(key);
    auto ended = session->run().attach(kj::mv(session), kj::mv(count),
                                       kj::defer([this, key]() { sessions_.erase(key); }));
    tasks_.add(kj::mv(ended));
  }

  void refuse(kj::AutoCloseFd fd, const Error& reason, std::atomic<uint32_t>& refusals) {
    auto refused = cluster::refuse(wrap(kj::mv(fd)), io_.provider->getTimer(), reason);
    tasks_.add(
        refused.attach(kj::defer([&refusals]() { refusals.fetch_sub(1, std::memory_order_relaxed); })));
  }

  void stop(kj::Duration time_max) {
    for (Session* session : sessions_) session->stop();
    stopping_ = tasks_.onEmpty()
                    .exclusiveJoin(io_.provider->getTimer().afterDelay(time_max))
                    .then([this]() { stopped_->fulfill(); })
                    .eagerlyEvaluate(nullptr);
  }

private:
  kj::Own<kj::AsyncIoStream> wrap(kj::AutoCloseFd fd) {
    using Flags = kj::LowLevelAsyncIoProvider;
    return io_.lowLevelProvider->wrapSocketFd(kj::mv(fd), Flags::ALREADY_CLOEXEC | Flags::ALREADY_NONBLOCK);
  }

  // A connection that broke is the client's to report.
  void taskFailed(kj::Exception&&) override {}

  NodeState& node_;
  const std::shared_ptr<Inbox> inbox_;
  kj::AsyncIoContext io_;
  wire::InputLimits limits_;
  std::unordered_set<Session*> sessions_;
  kj::TaskSet tasks_;
  kj::Own<kj::PromiseFulfiller<void>> stopped_;
  kj::Maybe<kj::Promise<void>> stopping_;
};

Result<std::unique_ptr<ServiceLoop>> ServiceLoop::start(NodeState& node, const wire::InputLimits& limits) {
  COPPICE_TRY_ASSIGN(inbox, Inbox::make());
  std::unique_ptr<ServiceLoop> loop(new ServiceLoop(node, std::move(inbox)));
  std::promise<Status> began;
  auto beginning = began.get_future();
  loop->thread_ = std::thread([self = loop.get(), limits, began = std::move(began)]() mutable {
    self->run(limits, std::move(began));
  });
  if (Status status = beginning.get(); !status.ok()) {
    loop->thread_.join();
    return std::move(status).error();
  }
  return loop;
}

ServiceLoop::ServiceLoop(NodeState& node, std::shared_ptr<Inbox> inbox)
    : node_(node), inbox_(std::move(inbox)) {}

ServiceLoop::~ServiceLoop() {
  if (!thread_.joinable()) return;
  stop(0 * kj::SECONDS);
  join();
}

void ServiceLoop::run(const wire::InputLimits& limits, std::promise<Status> began) {
  kj::Own<Thread> thread;
  try {
    thread = kj::heap<Thread>(node_, inbox_, limits);
  } catch (const kj::Exception& error) {
    began.set_value(Error{Errc::io_error, std::string("cannot make an event loop: ") +
                                              error.getDescription().cStr() +
                                              "; see the limit on open files (ulimit -n)"});
    return;
  }
  on_thread_ = thread.get();
  began.set_value(success());
  thread->run();
  thread = nullptr;
  // Answers that are still to come have nobody left to go to.
  inbox_->close();
}

void ServiceLoop::serve(kj::AutoCloseFd socket) {
  post([this, socket = kj::mv(socket), count = ConnectionCount(node_.connections, connections_)]() mutable {
    on_thread_->serve(kj::mv(socket), std::move(count));
  });
}

void ServiceLoop::refuse(kj::AutoCloseFd socket, Error reason) {
  if (refusals_.fetch_add(1, std::memory_order_relaxed) >= kRefusalsMax) {
    refusals_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  post([this, socket = kj::mv(socket), reason = std::move(reason)]() mutable {
    on_thread_->refuse(kj::mv(socket), reason, refusals_);
  });
}

void ServiceLoop::stop(kj::Duration time_max) {
  post([this, time_max]() { on_thread_->stop(time_max); });
}

void ServiceLoop::join() { thread_.join(); }

template <class Call>
void ServiceLoop::post(Call call) {
  inbox_->push(std::make_unique<CallItem<Call>>(std::move(call)));
}

}  // namespace coppice::cluster
