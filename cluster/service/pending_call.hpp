// Waits on an event loop for an answer that the store gives on any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <kj/async.h>

#include "cluster/service/inbox.hpp"

namespace coppice::cluster {

/// Carries one answer. Owned by its `done` until that is called, by the inbox until it has run.
template <class T>
class PendingCall final : public Inbox::Item {
public:
  explicit PendingCall(std::shared_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}
  ~PendingCall() noexcept override = default;

  /// For the store, which calls it once.
  std::function<void(Result<T>)> done() {
    return [this](Result<T> answer) { this->answer(std::move(answer)); };
  }

  /// True if the answer came on this very thread before the store's call returned.
  bool answered_here() const { return here_; }
  Result<T> take() { return *std::move(answer_); }

  /// Requires: not answered_here(). Dropping the promise leaves the answer to nobody.
  kj::Promise<kj::Own<Result<T>>> promise() {
    auto answered = kj::newPromiseAndFulfiller<kj::Own<Result<T>>>();
    fulfiller_ = kj::mv(answered.fulfiller);
    return kj::mv(answered.promise);
  }

  void run() override { fulfiller_->fulfill(kj::heap<Result<T>>(take())); }

private:
  void answer(Result<T> answer) {
    answer_.emplace(std::move(answer));
    if (inbox_->is_here() && fulfiller_.get() == nullptr) {
      here_ = true;
    } else {
      // The inbox outlives this item, which the loop may delete as soon as it is pushed.
      const std::shared_ptr<Inbox> inbox = inbox_;
      inbox->push(std::unique_ptr<Item>(this));
    }
  }

  const std::shared_ptr<Inbox> inbox_;
  std::optional<Result<T>> answer_;
  /// The loop's thread only.
  kj::Own<kj::PromiseFulfiller<kj::Own<Result<T>>>> fulfiller_;
  bool here_ = false;
};

/// Lets `begin` start a call of the store with the `done` it is given, and gives the answer to `then`, which
/// returns a kj::Promise: at once, if it came before `begin` returned; otherwise in a later turn of the loop.
/// Dropping the promise drops the answer. Threads: the one that runs `inbox`.
template <class T, class Begin, class Then>
auto await_answer(const std::shared_ptr<Inbox>& inbox, Begin&& begin, Then&& then)
    -> decltype(then(std::declval<Result<T>>())) {
  auto call = std::make_unique<PendingCall<T>>(inbox);
  // From here on the answer decides who deletes it.
  PendingCall<T>* const pending = call.release();
  begin(pending->done());
  if (!pending->answered_here())
    return pending->promise().then([then = std::forward<Then>(then)](kj::Own<Result<T>>&& answer) mutable {
      return then(std::move(*answer));
    });
  call.reset(pending);
  return then(call->take());
}

}  // namespace coppice::cluster
