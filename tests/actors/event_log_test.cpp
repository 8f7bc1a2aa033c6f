#include "actors/event_log.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

class FixedClock final : public engine::Clock {
public:
  uint64_t milliseconds() const override { return ms; }

  uint64_t ms = 1000;
};

class EventLogTest : public testing::Test {
protected:
  void happen(uint64_t tree) { log.on_event({.kind = engine::EventKind::memtable_sealed, .tree = tree}); }
  static std::vector<uint64_t> trees(const EventPage& page) {
    std::vector<uint64_t> found;
    for (const StoreEvent& event : page.events) found.push_back(event.event.tree);
    return found;
  }

  FixedClock clock;
  std::vector<uint64_t> also;
  EventLog log{clock, [this](const StoreEvent& event) { also.push_back(event.sequence); }, 4};
};

using Trees = std::vector<uint64_t>;

TEST_F(EventLogTest, NothingHasHappenedAtFirst) {
  for (const uint64_t since : {0u, 1u, 9u}) {
    const EventPage page = log.read(since);
    EXPECT_TRUE(page.events.empty());
    EXPECT_EQ(page.lost, 0u);
    EXPECT_EQ(page.next, 1u);
  }
}

TEST_F(EventLogTest, WhoAsksAgainGetsWhatCameSince) {
  happen(10);
  clock.ms = 2000;
  happen(20);
  const EventPage first = log.read(0);
  EXPECT_EQ(trees(first), (Trees{10, 20}));
  EXPECT_EQ(first.events[0].sequence, 1u);
  EXPECT_EQ(first.events[0].at_ms, 1000u);
  EXPECT_EQ(first.events[1].sequence, 2u);
  EXPECT_EQ(first.events[1].at_ms, 2000u);
  EXPECT_EQ(first.next, 3u);
  EXPECT_TRUE(log.read(first.next).events.empty());
  happen(30);
  EXPECT_EQ(trees(log.read(first.next)), Trees{30});
  EXPECT_EQ(also, (Trees{1, 2, 3}));
}

TEST_F(EventLogTest, ALimitTakesTheOldest) {
  for (uint64_t tree = 1; tree <= 4; ++tree) happen(tree);
  const EventPage page = log.read(2, 2);
  EXPECT_EQ(trees(page), (Trees{2, 3}));
  EXPECT_EQ(page.next, 4u);
}

TEST_F(EventLogTest, SaysHowManyWerePushedOut) {
  for (uint64_t tree = 1; tree <= 10; ++tree) happen(tree);
  const EventPage all = log.read(0);
  EXPECT_EQ(trees(all), (Trees{7, 8, 9, 10}));
  EXPECT_EQ(all.lost, 6u);
  EXPECT_EQ(all.next, 11u);
  EXPECT_EQ(log.read(5).lost, 2u);
  EXPECT_EQ(log.read(7).lost, 0u);
  EXPECT_EQ(trees(log.read(10)), Trees{10});
}

TEST_F(EventLogTest, ThreadsLoseNoEventAndNoNumberComesTwice) {
  EventLog shared(clock, nullptr, 100'000);
  constexpr uint64_t kEach = 2000;
  std::vector<std::thread> threads;
  for (uint64_t tree = 1; tree <= 3; ++tree)
    threads.emplace_back([&shared, tree] {
      for (uint64_t i = 0; i < kEach; ++i)
        shared.on_event({.kind = engine::EventKind::flush_begun, .tree = tree, .bytes_read = i});
    });
  uint64_t next = 1;
  std::vector<StoreEvent> seen;
  while (seen.size() < 3 * kEach) {
    const EventPage page = shared.read(next, 100);
    next = page.next;
    seen.insert(seen.end(), page.events.begin(), page.events.end());
  }
  for (std::thread& thread : threads) thread.join();
  std::array<uint64_t, 4> of_each{};
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].sequence, i + 1);
    EXPECT_EQ(seen[i].event.bytes_read, of_each[seen[i].event.tree]++);
  }
}

}  // namespace
}  // namespace coppice::actors
