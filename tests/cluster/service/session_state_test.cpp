#include "cluster/service/session_state.hpp"

#include "tests/cluster/node_fixture.hpp"

namespace coppice::cluster {
namespace {

/// Stands for the RPC system's side of a call.
struct CallContext {
  void allowCancellation() {}
};

/// Starts before the members of its heirs are made.
class StartedNodeTest : public NodeTest {
protected:
  StartedNodeTest() { start(); }
};

class SessionStateTest : public StartedNodeTest {
public:
  ~SessionStateTest() noexcept override = default;

protected:
  /// A call that the store answers with `done`.
  kj::Promise<void> call(std::function<void(std::function<void(Result<int>)>)> begin) {
    return state->call<int>(context, std::move(begin),
                            [](Result<int>) -> kj::Promise<void> { return kj::READY_NOW; });
  }
  /// One that is never answered while the test looks.
  kj::Promise<void> hanging_call() {
    return call([this](auto done) { unanswered.push_back(std::move(done)); });
  }
  std::string refusal() {
    const Status refused = state->refusal();
    return refused.ok() ? "taken" : to_string(refused.error());
  }
  void answer_all() {
    for (auto& done : unanswered) done(1);
    unanswered.clear();
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  std::shared_ptr<Inbox> inbox = *Inbox::make();
  kj::Promise<void> running = inbox->run(io.unixEventPort).eagerlyEvaluate(nullptr);
  NodeState node_state{*store};
  kj::Own<SessionState> state = kj::refcounted<SessionState>(node_state, inbox);
  CallContext context;
  std::vector<std::function<void(Result<int>)>> unanswered;
};

TEST_F(SessionStateTest, AConnectionHasSoManyCallsUnderWay) {
  std::vector<kj::Promise<void>> calls;
  for (uint32_t i = 0; i < kCallsMax; ++i) {
    EXPECT_EQ(refusal(), "taken");
    calls.push_back(hanging_call());
  }
  EXPECT_TRUE(refusal().starts_with("unavailable: this connection has 1024 calls under way"));
  try {
    hanging_call().wait(io.waitScope);
    ADD_FAILURE() << "one call more was taken";
  } catch (const kj::Exception& error) {
    EXPECT_EQ(error.getType(), kj::Exception::Type::OVERLOADED);
  }
  EXPECT_EQ(unanswered.size(), kCallsMax);

  // A call whose client has gone makes room, and so does one that is answered.
  calls.pop_back();
  EXPECT_EQ(refusal(), "taken");
  answer_all();
  for (auto& answered : calls) answered.wait(io.waitScope);
}

TEST_F(SessionStateTest, AStoppingConnectionIsIdleWhenItsCallsAreAnswered) {
  auto first = hanging_call().eagerlyEvaluate(nullptr);
  auto second = hanging_call().eagerlyEvaluate(nullptr);
  state->stop();
  EXPECT_TRUE(refusal().starts_with("unavailable: the node is stopping"));
  auto idle = state->when_idle();
  EXPECT_FALSE(idle.poll(io.waitScope));
  answer_all();
  first.wait(io.waitScope);
  second.wait(io.waitScope);
  first = nullptr;
  second = nullptr;
  EXPECT_TRUE(idle.poll(io.waitScope));
}

}  // namespace
}  // namespace coppice::cluster
