// What a store tells and counts, through its public header.
#include "tests/actors/failing_files.hpp"
#include "tests/actors/shard_fixture.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/event_recorder.hpp"

namespace coppice::actors {
namespace {

using engine::EventKind;
using engine::StallReason;
using Names = std::vector<std::string>;

class StoreEventsTest : public StoreFixture {
protected:
  /// Of those since the last call.
  std::vector<StoreEvent> take() {
    EventPage page = store->events(next);
    EXPECT_EQ(page.lost, 0u);
    next = page.next;
    return std::move(page.events);
  }
  Names take_names() {
    Names names;
    for (const StoreEvent& event : take()) names.emplace_back(name_of(event.event.kind));
    return names;
  }

  uint64_t next = 0;
};

TEST_F(StoreEventsTest, TellsInOrderWhatAFlushAndAMergeDo) {
  open();
  EXPECT_EQ(take_names(), (Names{"recovered", "shard_up"}));
  for (const char* value : {"one", "two"}) {
    put("a", value);
    put("b", value);
    ASSERT_TRUE(store->flush().ok());
    EXPECT_EQ(take_names(), (Names{"memtable_sealed", "flush_begun", "flush_ended"}));
  }
  ASSERT_TRUE(store->compact().ok());
  const std::vector<StoreEvent> events = take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event.kind, EventKind::merge_begun);
  EXPECT_EQ(events[1].event.kind, EventKind::merge_ended);
  EXPECT_EQ(events[1].event.tables, 2u);
  EXPECT_EQ(events[1].event.tables_written, 1u);
  EXPECT_EQ(events[1].event.tree, 1u);
  EXPECT_GT(events[1].at_ms, 1'600'000'000'000u);
}

TEST_F(StoreEventsTest, CountsAndTimesWhatItIsAsked) {
  open();
  put("a", "v");
  ASSERT_TRUE(store->flush().ok());
  for (int i = 0; i < 3; ++i) (void)get("a");
  (void)get("absent");
  ASSERT_TRUE(store->get_many(std::vector<Bytes>{"a", "b"}).ok());
  EXPECT_EQ(dump().size(), 1u);

  const Result<StoreStats> stats = store->stats();
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->reads().gets, 4u);
  EXPECT_EQ(stats->reads().many_keys, 2u);
  EXPECT_EQ(stats->reads().not_found, 2u);
  EXPECT_EQ(stats->reads().scans, 1u);
  EXPECT_EQ(stats->reads().entries_scanned, 1u);
  EXPECT_EQ(stats->read_operations(), 7u);
  EXPECT_EQ(stats->sstable_count(), 1u);
  EXPECT_EQ(stats->total_size(), stats->shards.front().tree.total_size());
  EXPECT_GT(stats->total_size(), 0u);
  ASSERT_NE(stats->latencies, nullptr);
  EXPECT_EQ(stats->latencies->write.count(), 1u);
  EXPECT_GT(stats->latencies->write.percentile(50), 0u);
  EXPECT_EQ(stats->latencies->page.count(), 1u);
  EXPECT_EQ(stats->latencies->flush.count(), 1u);
}

TEST_F(StoreEventsTest, ASplitNamesBothHalves) {
  open();
  put("a", "v");
  put("m", "v");
  const Result<SplitShards> halves = store->split("m");
  ASSERT_TRUE(halves.ok());
  const std::vector<StoreEvent> events = take();
  const auto split = std::ranges::find(events, EventKind::split, [](const auto& e) { return e.event.kind; });
  ASSERT_NE(split, events.end());
  EXPECT_EQ(split->event.tree, 1u);
  EXPECT_EQ(split->event.halves[0], halves->left);
  EXPECT_EQ(split->event.halves[1], halves->right);
  // Both halves were opened before, under their own ids.
  EXPECT_TRUE(std::ranges::any_of(events, [&](const StoreEvent& event) {
    return event.event.kind == EventKind::recovered && event.event.tree == halves->right;
  }));
}

TEST_F(StoreEventsTest, AShardThatFailsAndComesBackIsTold) {
  FailingFiles files;
  options.files = &files;
  engine::EventRecorder heard;
  options.on_event = [&heard](const StoreEvent& event) { heard.on_event(event.event); };
  open();
  put("a", "v");
  files.break_below("/000001/");
  EXPECT_FALSE(store->put("b", "v").ok());
  files.heal();
  while (!store->put("c", "v").ok()) std::this_thread::yield();
  const Names names = take_names();
  const auto broken = std::ranges::find(names, "broken");
  ASSERT_NE(broken, names.end());
  const auto down = std::find(broken, names.end(), "shard_down");
  ASSERT_NE(down, names.end());
  EXPECT_NE(std::find(down, names.end(), "shard_up"), names.end());
  EXPECT_EQ(heard.take_names().size(), names.size());
  ASSERT_TRUE(store->close().ok());
  store.reset();
}

class ShardStallsTest : public ShardFixture {
protected:
  ShardStats stats() {
    Answer<ShardStats> answer;
    shard->stats(answer.done());
    return **answer.result;
  }
  StallCount count_of(StallReason reason) { return stats().stalls[static_cast<size_t>(reason)]; }
};

TEST_F(ShardStallsTest, MemtablesThatWaitAreTheReasonUntilTheyAreFlushed) {
  recorder.take();
  fill();
  host.wait(*shard, std::chrono::milliseconds(20));
  EXPECT_EQ(count_of(StallReason::memtables).count, 1u);
  EXPECT_GE(count_of(StallReason::memtables).us, 20'000u);
  EXPECT_EQ(count_of(StallReason::full_disk).count, 0u);
  host.settle(*shard);
  host.wait(*shard, std::chrono::milliseconds(20));
  host.settle(*shard);
  Names stalls;
  for (const engine::Event& event : recorder.take())
    if (event.reason == StallReason::memtables) stalls.emplace_back(name_of(event.kind));
  EXPECT_EQ(stalls, (Names{"stall_begun", "stall_ended"}));
}

TEST_F(ShardStallsTest, AFullDiskIsTheReasonUntilThereIsRoom) {
  recorder.take();
  files.set_room(0);
  fill();
  EXPECT_GE(count_of(StallReason::full_disk).count, 1u);
  files.heal();
  host.wait(*shard, std::chrono::milliseconds(500));
  host.settle(*shard);
  write("room");
  host.settle(*shard);
  const std::vector<engine::Event> events = recorder.take();
  const auto begun = std::ranges::find_if(events, [](const engine::Event& event) {
    return event.kind == EventKind::stall_begun && event.reason == StallReason::full_disk;
  });
  ASSERT_NE(begun, events.end());
  EXPECT_TRUE(std::any_of(begun, events.end(), [](const engine::Event& event) {
    return event.kind == EventKind::stall_ended && event.reason == StallReason::full_disk;
  }));
}

}  // namespace
}  // namespace coppice::actors
