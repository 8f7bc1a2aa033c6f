#include "actors/shard_queue.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

std::unique_ptr<WriteRequest> request_of(ByteView key, ByteView value = "v") {
  auto request = std::make_unique<WriteRequest>();
  EXPECT_TRUE(request->batch.put(key, value).ok());
  request->done = [](const Result<Timestamp>&) {};
  return request;
}

Bytes first_key(const WriteRequest& request) {
  return Bytes(engine::Batch::Reader(request.batch).next()->key);
}

class ShardQueueTest : public testing::Test {
protected:
  ShardQueue::Push push(ByteView key) {
    auto request = request_of(key);
    return queue.push(request);
  }

  std::vector<Bytes> drain() { return release(queue.drain()); }
  std::vector<Bytes> release(WriteList list) {
    std::vector<Bytes> keys;
    while (auto request = list.pop_front()) {
      keys.push_back(first_key(*request));
      queue.release(*request);
    }
    return keys;
  }

  int wakes = 0;
  ShardQueue queue{{4, 1000}, [this] { ++wakes; }};
};

TEST_F(ShardQueueTest, GivesWhatWasPushedInOrder) {
  push("a");
  push("b");
  push("c");
  EXPECT_EQ(drain(), (std::vector<Bytes>{"a", "b", "c"}));
  EXPECT_EQ(drain(), std::vector<Bytes>());
}

TEST_F(ShardQueueTest, OnlyThePushThatFindsItEmptyWakes) {
  push("a");
  push("b");
  EXPECT_EQ(wakes, 1);
  drain();
  push("c");
  EXPECT_EQ(wakes, 2);
  drain();
}

TEST_F(ShardQueueTest, IsBoundedByOperationsUntilTheyAreReleased) {
  for (const char* key : {"a", "b", "c", "d"}) EXPECT_EQ(push(key), ShardQueue::Push::taken);
  EXPECT_EQ(push("e"), ShardQueue::Push::full);

  WriteList held = queue.drain();
  EXPECT_EQ(push("e"), ShardQueue::Push::full);
  release(std::move(held));
  EXPECT_EQ(push("e"), ShardQueue::Push::taken);
  drain();
  EXPECT_EQ(queue.operations(), 0u);
}

TEST_F(ShardQueueTest, IsBoundedByBytesButTakesALargeRequestAlone) {
  auto large = request_of("large", Bytes(5000, 'v'));
  EXPECT_EQ(queue.push(large), ShardQueue::Push::taken);
  EXPECT_EQ(push("small"), ShardQueue::Push::full);
  drain();
  EXPECT_EQ(queue.size(), 0u);
}

TEST_F(ShardQueueTest, AClosedQueueTakesNothingAndLeavesTheRequest) {
  push("a");
  EXPECT_EQ(release(queue.close()), std::vector<Bytes>{"a"});
  auto late = request_of("late");
  EXPECT_EQ(queue.push(late), ShardQueue::Push::closed);
  EXPECT_NE(late, nullptr);
  EXPECT_EQ(drain(), std::vector<Bytes>());
  EXPECT_EQ(queue.operations(), 0u);
}

TEST(ShardQueueStressTest, ManyProducersLoseNothingAndKeepTheirOrder) {
  constexpr uint32_t kProducers = 4;
  constexpr uint32_t kCount = 5'000;
  std::atomic<int> wakes{0};
  ShardQueue queue({1 << 20, 1 << 30}, [&] { wakes.fetch_add(1); });
  std::vector<std::thread> producers;
  for (uint32_t producer = 0; producer < kProducers; ++producer)
    producers.emplace_back([&, producer] {
      for (uint32_t i = 0; i < kCount; ++i) {
        auto request = request_of(std::to_string(producer) + ":" + std::to_string(i));
        ASSERT_EQ(queue.push(request), ShardQueue::Push::taken);
      }
    });

  std::vector<uint32_t> next(kProducers, 0);
  uint32_t taken = 0;
  int drains = 0;
  while (taken < kProducers * kCount) {
    WriteList list = queue.drain();
    drains += list.empty() ? 0 : 1;
    while (auto request = list.pop_front()) {
      const Bytes key = first_key(*request);
      const auto producer = static_cast<uint32_t>(key[0] - '0');
      EXPECT_EQ(key, std::to_string(producer) + ":" + std::to_string(next[producer]++));
      queue.release(*request);
      ++taken;
    }
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(wakes.load(), drains);
  EXPECT_EQ(queue.operations(), 0u);
}

TEST(ShardQueueStressTest, AClosingQueueEitherTakesARequestOrLeavesIt) {
  for (int round = 0; round < 200; ++round) {
    ShardQueue queue({1 << 20, 1 << 30}, [] {});
    std::atomic<uint32_t> left{0};
    std::vector<std::thread> producers;
    for (int producer = 0; producer < 3; ++producer)
      producers.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          auto request = request_of("k");
          if (queue.push(request) == ShardQueue::Push::closed) left.fetch_add(1);
        }
      });
    uint32_t taken = 0;
    const auto count = [&](WriteList list) {
      for (; auto request = list.pop_front(); ++taken) queue.release(*request);
    };
    count(queue.drain());
    count(queue.close());
    for (std::thread& producer : producers) producer.join();
    ASSERT_EQ(taken + left.load(), 60u);
  }
}

}  // namespace
}  // namespace coppice::actors
