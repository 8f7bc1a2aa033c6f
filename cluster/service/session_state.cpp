#include "cluster/service/session_state.hpp"

namespace coppice::cluster {

kj::Promise<void> SessionState::when_idle() {
  if (calls_ == 0) return kj::READY_NOW;
  auto idle = kj::newPromiseAndFulfiller<void>();
  idle_ = kj::mv(idle.fulfiller);
  return kj::mv(idle.promise);
}

Status SessionState::refusal() const {
  if (stopping_) return Error{Errc::unavailable, "the node is stopping: connect again when it is back", 1000};
  if (calls_ >= kCallsMax)
    return Error{Errc::unavailable,
                 "this connection has " + std::to_string(kCallsMax) +
                     " calls under way: wait for answers before sending more",
                 10};
  return success();
}

Status SessionState::check_answers() {
  KJ_IF_MAYBE (network, network_) {
    if (network->getCurrentQueueSize() > kAnswersSizeMax)
      return Error{Errc::unavailable,
                   "this connection has " + std::to_string(kAnswersSizeMax) +
                       " bytes of answers waiting: take them before asking for more",
                   10};
  }
  return success();
}

void SessionState::end_call() {
  if (--calls_ == 0 && idle_.get() != nullptr) idle_->fulfill();
}

}  // namespace coppice::cluster
