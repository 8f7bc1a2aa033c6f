#include "actors/stalls.hpp"

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

using engine::EventKind;
using engine::StallReason;
using std::chrono::microseconds;

class StallsTest : public testing::Test {
protected:
  static Stalls::Time at(int us) { return Stalls::Time() + microseconds(us); }
  const StallCount& of(StallReason reason) const { return stalls.counts()[static_cast<size_t>(reason)]; }

  std::vector<engine::Event> events;
  Stalls stalls{[this](engine::Event event) { events.push_back(std::move(event)); }};
};

TEST_F(StallsTest, ManyPausesAreOneStall) {
  for (int i = 0; i < 5; ++i) stalls.pause(at(i), StallReason::memtables, microseconds(300));
  EXPECT_TRUE(stalls.is_open());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::stall_begun);
  EXPECT_EQ(events[0].reason, StallReason::memtables);
  stalls.end(at(9000));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].kind, EventKind::stall_ended);
  EXPECT_EQ(events[1].reason, StallReason::memtables);
  EXPECT_EQ(events[1].took_us, 1500u);
  EXPECT_EQ(of(StallReason::memtables).count, 1u);
  EXPECT_EQ(of(StallReason::memtables).us, 1500u);
  stalls.end(at(9500));
  EXPECT_EQ(events.size(), 2u);
}

TEST_F(StallsTest, AWaitLastsUntilWritesGoOn) {
  stalls.wait(at(100), StallReason::merging);
  stalls.wait(at(400), StallReason::merging);
  EXPECT_TRUE(stalls.is_waiting());
  stalls.go_on(at(1000));
  EXPECT_FALSE(stalls.is_waiting());
  stalls.go_on(at(5000));
  EXPECT_EQ(of(StallReason::merging).us, 900u);
  EXPECT_EQ(of(StallReason::merging).count, 1u);
  stalls.wait(at(6000), StallReason::merging);
  stalls.end(at(6100));
  EXPECT_EQ(of(StallReason::merging).us, 1000u);
  EXPECT_EQ(events.back().took_us, 1000u);
}

TEST_F(StallsTest, AnotherReasonIsAnotherStall) {
  stalls.wait(at(0), StallReason::memtables);
  stalls.wait(at(250), StallReason::full_disk);
  stalls.end(at(300));
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[1].kind, EventKind::stall_ended);
  EXPECT_EQ(events[1].reason, StallReason::memtables);
  EXPECT_EQ(events[1].took_us, 250u);
  EXPECT_EQ(events[2].kind, EventKind::stall_begun);
  EXPECT_EQ(events[2].reason, StallReason::full_disk);
  EXPECT_EQ(events[3].took_us, 50u);
  EXPECT_EQ(of(StallReason::memtables).us, 250u);
  EXPECT_EQ(of(StallReason::full_disk).us, 50u);
}

TEST_F(StallsTest, HoldingATurnIsCountedAndNotTold) {
  stalls.held(microseconds(70));
  EXPECT_EQ(of(StallReason::held).count, 1u);
  EXPECT_EQ(of(StallReason::held).us, 70u);
  EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace coppice::actors
