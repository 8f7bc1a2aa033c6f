// One event-loop thread of a node, and the connections on it.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include <kj/io.h>

#include "cluster/service/session_state.hpp"
#include "cluster/wire/message_input.hpp"

namespace coppice::cluster {

/// A connection's place among the node's and its loop's, as long as it lives. Threads: any.
class ConnectionCount {
public:
  ConnectionCount(std::atomic<uint32_t>& node, std::atomic<uint32_t>& loop) : node_(&node), loop_(&loop) {
    node_->fetch_add(1, std::memory_order_relaxed);
    loop_->fetch_add(1, std::memory_order_relaxed);
  }
  ConnectionCount(ConnectionCount&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)), loop_(std::exchange(other.loop_, nullptr)) {}
  ~ConnectionCount() {
    if (node_ == nullptr) return;
    node_->fetch_sub(1, std::memory_order_relaxed);
    loop_->fetch_sub(1, std::memory_order_relaxed);
  }
  ConnectionCount& operator=(ConnectionCount&&) = delete;

private:
  std::atomic<uint32_t>* node_;
  std::atomic<uint32_t>* loop_;
};

/// Threads: any, the last two calls excepted.
class ServiceLoop {
public:
  /// Lifetime: `node` outlives the loop.
  static Result<std::unique_ptr<ServiceLoop>> start(NodeState& node, const wire::InputLimits& limits);
  ~ServiceLoop();
  ServiceLoop(const ServiceLoop&) = delete;
  ServiceLoop& operator=(const ServiceLoop&) = delete;

  uint32_t connections() const { return connections_.load(std::memory_order_relaxed); }

  /// Serves a connection until it ends.
  void serve(kj::AutoCloseFd socket);
  /// Tells a client why it is not served; past a few at a time, just closes.
  void refuse(kj::AutoCloseFd socket, Error reason);

  /// Begins to stop: refuses new calls, closes each connection when its calls under way are answered, all at
  /// the latest after `time_max`. Threads: the owner's.
  void stop(kj::Duration time_max);
  /// Waits until it has stopped. Requires: stop() was called. Threads: the owner's.
  void join();

private:
  class Thread;
  template <class Call>
  void post(Call call);

  ServiceLoop(NodeState& node, std::shared_ptr<Inbox> inbox);
  void run(const wire::InputLimits& limits, std::promise<Status> began);

  NodeState& node_;
  const std::shared_ptr<Inbox> inbox_;
  std::atomic<uint32_t> connections_{0};
  std::atomic<uint32_t> refusals_{0};
  /// Written before start() returns, used by what is posted.
  Thread* on_thread_ = nullptr;
  std::thread thread_;
};

}  // namespace coppice::cluster
