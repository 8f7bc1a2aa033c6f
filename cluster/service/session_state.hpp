// What the capabilities of one connection share: the store, the way back from it, and the limits.
#pragma once

#include <atomic>
#include <chrono>

#include <capnp/capability.h>
#include <capnp/rpc-twoparty.h>
#include <kj/refcount.h>

#include "actors/store.hpp"
#include "cluster/service/pending_call.hpp"
#include "cluster/wire/errors.hpp"

namespace coppice::cluster {

/// Of one connection.
inline constexpr uint32_t kCallsMax = 1024;
inline constexpr uint32_t kScansMax = 64;
inline constexpr uint32_t kSnapshotsMax = 1024;
inline constexpr size_t kAnswersSizeMax = 128 << 20;

/// What all connections of a node share.
struct NodeState {
  actors::Store& store;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::atomic<uint32_t> connections{0};
};

/// Threads: the connection's event loop.
class SessionState final : public kj::Refcounted {
public:
  SessionState(NodeState& node, std::shared_ptr<Inbox> inbox) : node_(node), inbox_(std::move(inbox)) {}

  actors::Store& store() { return node_.store; }
  NodeState& node() { return node_; }
  const std::shared_ptr<Inbox>& inbox() const { return inbox_; }

  /// The connection's, as long as it lives; nothing from then on.
  void set_network(kj::Maybe<capnp::TwoPartyVatNetwork&> network) { network_ = network; }

  /// From now on calls are refused.
  void stop() { stopping_ = true; }
  /// When no call is under way; immediately if none is.
  kj::Promise<void> when_idle();

  /// Lets `begin` start a call of the store and `then` answer it: await_answer() within this connection's limits.
  /// When the client vanishes, the answer is dropped.
  template <class T, class Context, class Begin, class Then>
  kj::Promise<void> call(Context& context, Begin&& begin, Then&& then) {
    if (auto refused = refusal(); !refused.ok()) return wire::to_exception(refused.error());
    auto answer = await_answer<T>(inbox_, std::forward<Begin>(begin), std::forward<Then>(then));
    return under_way(context, kj::mv(answer));
  }

  /// unavailable when the connection is at its limit, or stops.
  Status refusal() const;

  /// unavailable while the client has not taken kAnswersSizeMax of answers.
  Status check_answers();

  /// Counts `answer` among the calls under way until it is done.
  template <class Context>
  kj::Promise<void> under_way(Context& context, kj::Promise<void> answer) {
    allow_cancellation(context);
    return answer.attach(CallCount(kj::addRef(*this)));
  }

  uint32_t scans = 0;
  uint32_t snapshots = 0;

private:
  class CallCount {
  public:
    explicit CallCount(kj::Own<SessionState> state) : state_(kj::mv(state)) { ++state_->calls_; }
    CallCount(CallCount&&) = default;
    ~CallCount() noexcept(false) {
      if (state_.get() != nullptr) state_->end_call();
    }

  private:
    kj::Own<SessionState> state_;
  };

  template <class Context>
  static void allow_cancellation([[maybe_unused]] Context& context) {
#if CAPNP_VERSION < 1000000
    context.allowCancellation();
#endif
  }

  void end_call();

  NodeState& node_;
  const std::shared_ptr<Inbox> inbox_;
  kj::Maybe<capnp::TwoPartyVatNetwork&> network_;
  uint32_t calls_ = 0;
  bool stopping_ = false;
  kj::Own<kj::PromiseFulfiller<void>> idle_;
};

}  // namespace coppice::cluster
