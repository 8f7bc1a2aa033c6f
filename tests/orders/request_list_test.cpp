// Threads that push into the list of a shard, and the one that takes, in every order in which their steps can follow one another.
#include "actors/request_list.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/orders/interleavings.hpp"

namespace coppice::actors {
namespace {

using engine::Explored;
using engine::Interleavings;
using engine::Signal;
using engine::Watched;

struct Orders {
  template <class U>
  using Atomic = Explored<U>;
};

struct Request {
  Watched memory{"a request"};
  bool taken = false;
  Request* next = nullptr;
};

/// Producers that push, and a consumer that takes when it is woken, as the actor of a shard is, and closes at the end.
struct Pushes {
  using List = RequestList<Request, Orders>;

  void produce(size_t number) {
    Request& request = requests[number];
    request.memory.write();
    switch (list.push(request)) {
      case List::Push::first:
        wake.set();
        break;
      case List::Push::behind:
        break;
      case List::Push::closed:
        ++refused;
        // Whoever closed it wrote this before, as a new routing table.
        routing.read();
    }
  }
  void consume(size_t turns) {
    for (size_t turn = 0; turn < turns; ++turn) {
      wake.wait();
      count(list.take());
    }
  }
  void close() {
    routing.write();
    count(list.close());
  }
  void count(Request* newest) {
    for (; newest != nullptr; newest = newest->next) {
      newest->memory.write();
      if (std::exchange(newest->taken, true)) Interleavings::fail("a request is taken twice");
      ++taken;
    }
  }

  std::vector<Request> requests{3};
  List list;
  Signal wake;
  Watched routing{"the routing table"};
  size_t taken = 0;
  size_t refused = 0;
};

TEST(RequestListOrdersTest, WhateverIsPushedIsTakenOnceOrRefused) {
  const auto scene = [] {
    const auto pushes = std::make_shared<Pushes>();
    Interleavings::Scene all;
    for (size_t number = 0; number < 2; ++number)
      all.threads.push_back([pushes, number] { pushes->produce(number); });
    all.threads.push_back([pushes] { pushes->close(); });
    all.end = [pushes] {
      if (pushes->taken + pushes->refused != 2) Interleavings::fail("a request is nowhere");
    };
    return all;
  };
  const auto outcome = Interleavings::explore(scene, {.older_max = 1});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.orders, 100u);
  RecordProperty("orders", static_cast<int>(outcome.orders));
}

/// It would wait for ever, in the order in which it is not woken.
TEST(RequestListOrdersTest, TheConsumerIsWokenForAll) {
  const auto scene = [] {
    const auto pushes = std::make_shared<Pushes>();
    Interleavings::Scene all;
    for (size_t number = 0; number < 3; ++number)
      all.threads.push_back([pushes, number] { pushes->produce(number); });
    all.threads.push_back([pushes] {
      while (pushes->taken < 3) pushes->consume(1);
    });
    all.end = [] {};
    return all;
  };
  const auto outcome = Interleavings::explore(scene, {.preemptions_max = 4, .older_max = 1});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.orders, 1'000u);
  RecordProperty("orders", static_cast<int>(outcome.orders));
}

}  // namespace
}  // namespace coppice::actors
