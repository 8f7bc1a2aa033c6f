#include "cluster/service/inbox.hpp"

#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <kj/async-io.h>

#include "cluster/service/pending_call.hpp"

namespace coppice::cluster {
namespace {

class CountedItem final : public Inbox::Item {
public:
  CountedItem(std::atomic<int>& alive, std::function<void()> call) : alive_(alive), call_(std::move(call)) {
    ++alive_;
  }
  ~CountedItem() override { --alive_; }
  void run() override { call_(); }

private:
  std::atomic<int>& alive_;
  const std::function<void()> call_;
};

class InboxTest : public testing::Test {
public:
  ~InboxTest() noexcept override { inbox->close(); }

protected:
  void push(std::function<void()> call) {
    inbox->push(std::make_unique<CountedItem>(alive, std::move(call)));
  }

  /// Runs the loop until `count` items have said that they ran.
  void run_until(const std::vector<int>& ran, size_t count) {
    while (ran.size() < count) io.provider->getTimer().afterDelay(1 * kj::MILLISECONDS).wait(io.waitScope);
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  std::shared_ptr<Inbox> inbox = *Inbox::make();
  std::atomic<int> alive{0};
};

TEST_F(InboxTest, ItemsRunInTheOrderTheyCame) {
  std::vector<int> ran;
  for (int i = 0; i < 100; ++i) push([&ran, i]() { ran.push_back(i); });
  auto running = inbox->run(io.unixEventPort).eagerlyEvaluate(nullptr);
  run_until(ran, 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ran[static_cast<size_t>(i)], i);
  EXPECT_EQ(alive, 0);
}

TEST_F(InboxTest, ManyThreadsPushAndNothingIsLost) {
  std::vector<int> ran;
  auto running = inbox->run(io.unixEventPort).eagerlyEvaluate(nullptr);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread]() {
      for (int i = 0; i < 5000; ++i) push([&ran, thread]() { ran.push_back(thread); });
    });
  run_until(ran, 20000);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ran.size(), 20000u);
  EXPECT_EQ(alive, 0);
}

TEST_F(InboxTest, ClosingDeletesWhatWaitsAndWhatComes) {
  bool ran = false;
  push([&]() { ran = true; });
  inbox->close();
  EXPECT_EQ(alive, 0);
  push([&]() { ran = true; });
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(ran);
}

class PendingCallTest : public InboxTest {
public:
  ~PendingCallTest() noexcept override = default;

protected:
  using Answer = std::function<void(Result<int>)>;

  kj::Promise<int> await(std::function<void(Answer)> begin) {
    return await_answer<int>(inbox, std::move(begin),
                             [](Result<int> answer) -> kj::Promise<int> { return *answer; });
  }

  kj::Promise<void> running = inbox->run(io.unixEventPort).eagerlyEvaluate(nullptr);
};

TEST_F(PendingCallTest, AnAnswerOnTheSpotNeedsNoTurnOfTheLoop) {
  auto answered = await([](Answer done) { done(7); });
  EXPECT_EQ(answered.wait(io.waitScope), 7);
}

TEST_F(PendingCallTest, AnAnswerOfAnotherThreadComesToTheLoop) {
  std::thread other;
  auto answered = await([&](Answer done) { other = std::thread([done]() { done(8); }); });
  EXPECT_EQ(answered.wait(io.waitScope), 8);
  other.join();
}

TEST_F(PendingCallTest, ALaterAnswerOnTheSameThreadComesToTheLoop) {
  Answer later;
  auto answered = await([&](Answer done) { later = std::move(done); });
  EXPECT_FALSE(answered.poll(io.waitScope));
  later(9);
  EXPECT_EQ(answered.wait(io.waitScope), 9);
}

TEST_F(PendingCallTest, AnAnswerToNobodyIsDropped) {
  Answer later;
  {
    auto dropped = await([&](Answer done) { later = std::move(done); });
  }
  later(1);
  EXPECT_EQ(await([](Answer done) { done(2); }).wait(io.waitScope), 2);
}

TEST_F(PendingCallTest, AnAnswerAfterTheLoopHasEndedIsDropped) {
  Answer later;
  {
    auto dropped = await([&](Answer done) { later = std::move(done); });
  }
  running = nullptr;
  inbox->close();
  std::thread([&]() { later(1); }).join();
}

}  // namespace
}  // namespace coppice::cluster
