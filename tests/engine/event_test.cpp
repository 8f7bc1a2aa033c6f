// What a tree tells of itself, and counts, for work of which it is known what it does.
#include "engine/watch/event.hpp"

#include "tests/engine/tree_fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using Names = std::vector<std::string>;

class TickingStopwatch final : public Stopwatch {
public:
  uint64_t now_ns() const override { return time += 5'000; }

  mutable uint64_t time = 0;
};

class EventTest : public testing::Test {
protected:
  EventTest() {
    stand.watch = {.stopwatch = &stopwatch, .latencies = &latencies, .listener = &recorder, .id = 17};
    EXPECT_TRUE(stand.create().ok());
    open();
    EXPECT_EQ(recorder.take_names(), Names{"recovered"});
  }
  void open() { ok(stand.open()); }
  void ok(const Status& status) { EXPECT_TRUE(status.ok()) << to_string(status.error()); }
  void put(ByteView key) { ok(stand.put(key, "value")); }
  void flush(const std::vector<ByteView>& keys) {
    for (const ByteView key : keys) put(key);
    ok(stand.flush());
  }
  TreeStats stats() const { return stand.tree->stats(); }

  MemoryFileSystem files;
  TickingStopwatch stopwatch;
  Latencies latencies;
  EventRecorder recorder;
  TreeStand stand{files};
};

TEST_F(EventTest, AFlushIsToldFromItsSealToItsEnd) {
  flush({"a", "b"});
  const std::vector<Event> events = recorder.take();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].kind, EventKind::memtable_sealed);
  EXPECT_EQ(events[1].kind, EventKind::flush_begun);
  EXPECT_EQ(events[2].kind, EventKind::flush_ended);
  EXPECT_GT(events[0].bytes_read, 0u);
  EXPECT_EQ(events[1].bytes_read, events[0].bytes_read);
  EXPECT_EQ(events[1].bytes_written, 0u);
  EXPECT_EQ(events[2].tables_written, 1u);
  EXPECT_EQ(events[2].bytes_written, stats().total_size());
  EXPECT_EQ(events[2].took_us, 5u);
  EXPECT_TRUE(events[2].outcome.ok());
  for (const Event& event : events) EXPECT_EQ(event.tree, 17u);
  EXPECT_EQ(latencies.flush.load().count(), 1u);
  EXPECT_EQ(latencies.flush.load().max(), 5'000u);
  EXPECT_EQ(latencies.merge.load().count(), 0u);
}

TEST_F(EventTest, AMergeSaysWhatItReadAndWrote) {
  flush({"a", "b"});
  flush({"a", "c"});
  const uint64_t before = stats().total_size();
  (void)recorder.take();
  ok(stand.compact());
  const std::vector<Event> events = recorder.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, EventKind::merge_begun);
  EXPECT_EQ(events[1].kind, EventKind::merge_ended);
  for (const Event& event : events) {
    EXPECT_EQ(event.source_level, 0u);
    EXPECT_EQ(event.target_level, 6u);
    EXPECT_EQ(event.tables, 2u);
    EXPECT_EQ(event.bytes_read, before);
    EXPECT_EQ(event.merge_reason, MergeReason::request);
  }
  EXPECT_EQ(events[1].tables_written, 1u);
  EXPECT_EQ(events[1].bytes_written, stats().total_size());
  EXPECT_EQ(latencies.merge.load().count(), 1u);
}

TEST_F(EventTest, LevelsCountWhatCameAndWhatItCost) {
  flush({"a", "b"});
  flush({"a", "c"});
  const uint64_t flushed = stats().bytes_flushed;
  EXPECT_EQ(stats().levels[0].bytes_arrived, flushed);
  EXPECT_EQ(stats().sstable_count(), 2u);
  ok(stand.compact());
  const TreeStats after = stats();
  const LevelStats& last = after.levels[6];
  EXPECT_EQ(last.bytes_arrived, flushed);
  EXPECT_EQ(last.bytes_read, flushed);
  EXPECT_EQ(last.bytes_merged, last.size);
  EXPECT_EQ(last.score, 0);
  EXPECT_DOUBLE_EQ(last.write_amplification(), static_cast<double>(last.size) / static_cast<double>(flushed));
  EXPECT_EQ(after.sstable_count(), 1u);
  EXPECT_EQ(after.total_size(), last.size);
  EXPECT_EQ(after.space_amplification(), 1);
  // Four flushed, four merged, of which one was overwritten.
  EXPECT_EQ(after.entries_read, 8u);
  EXPECT_EQ(after.entries_written, 7u);
  EXPECT_GT(after.bytes_logged, 4 * 6u);
}

TEST_F(EventTest, TablesThatMoveOrGoAreToldWithoutAMerge) {
  flush({"a", "b"});
  (void)recorder.take();
  ok(stand.compact());
  EXPECT_EQ(recorder.take_names(), Names{"tables_moved"});
  EXPECT_EQ(stats().levels[6].bytes_arrived, stats().total_size());
  EXPECT_EQ(stats().levels[6].bytes_merged, 0u);

  ok(stand.delete_range("a", "c"));
  ok(stand.flush());
  (void)recorder.take();
  ok(stand.catch_up());
  const std::vector<Event> events = recorder.take();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front().kind, EventKind::tables_dropped);
  EXPECT_STREQ(reason_of(events.front()), "hidden_tables");
}

TEST_F(EventTest, ACancelledMergeSaysSo) {
  flush({"a", "b"});
  flush({"a", "c"});
  (void)recorder.take();
  auto job = stand.tree->plan_merge_range({}, {});
  ASSERT_TRUE(job);
  // It never ran, so nothing had begun.
  EXPECT_EQ(stand.tree->install(*std::move(job)).error().code, Errc::cancelled);
  EXPECT_EQ(recorder.take_names(), Names{});
}

TEST_F(EventTest, AFullDiskIsTheOutcomeOfTheFlush) {
  put("a");
  ok(stand.tree->seal_memtable());
  (void)recorder.take();
  files.set_room(0);
  auto job = stand.tree->plan_flush({});
  ASSERT_TRUE(job);
  EXPECT_EQ(stand.finish(std::move(job)).error().code, Errc::out_of_space);
  const std::vector<Event> events = recorder.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].kind, EventKind::flush_ended);
  ASSERT_FALSE(events[1].outcome.ok());
  EXPECT_EQ(events[1].outcome.error().code, Errc::out_of_space);
  EXPECT_TRUE(is_trouble(events[1]));
  EXPECT_EQ(latencies.flush.load().count(), 0u);
  files.heal();
  ok(stand.finish(stand.tree->plan_flush({})));
  EXPECT_EQ(recorder.take_names(), (Names{"flush_begun", "flush_ended"}));
}

TEST_F(EventTest, ATreeThatBreaksSaysSoOnce) {
  put("a");
  (void)recorder.take();
  // Not every operation that fails leaves the disk unknown.
  for (uint64_t after = 0; !stand.tree->broken(); ++after) {
    ASSERT_LT(after, 10u);
    EXPECT_EQ(recorder.take_names(), Names{});
    files.heal();
    files.fail_after(after);
    (void)stand.put("b", "v", Durability::synced);
  }
  EXPECT_FALSE(stand.put("c", "v").ok());
  EXPECT_EQ(recorder.take_names(), Names{"broken"});
}

TEST_F(EventTest, DamageIsToldEverMoreRarely) {
  flush({"a", "b"});
  Bytes table;
  const auto names = files.list(stand.directory());
  ASSERT_TRUE(names.ok());
  for (const std::string& name : *names)
    if (name.ends_with(".sst")) table = stand.path(name);
  files.flip_bit(table, 8 * 5);
  (void)recorder.take();
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(stand.reader->get("a", {}).ok());
  std::vector<Event> events = recorder.take();
  ASSERT_EQ(events.size(), 4u);  // the first, second, fourth and eighth
  EXPECT_EQ(events.front().kind, EventKind::read_failed);
  ASSERT_FALSE(events.front().outcome.ok());
  EXPECT_EQ(events.front().outcome.error().code, Errc::corruption);
  EXPECT_NE(events.front().outcome.error().text.find(table), std::string::npos);
  EXPECT_EQ(stats().reads.failures, 9u);
  EXPECT_EQ(stats().reads.keys(), 0u);

  // A cursor counts when it goes.
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(stand.scan().ok());
  EXPECT_EQ(stats().reads.failures, 16u);
  EXPECT_EQ(recorder.take_names(), Names{"read_failed"});
}

TEST_F(EventTest, AnOpeningSaysWhatItFound) {
  flush({"a", "b"});
  put("c");
  stand.drop();
  (void)recorder.take();
  open();
  const std::vector<Event> events = recorder.take();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].tables, 1u);
  EXPECT_GT(events[0].bytes_read, 0u);
  EXPECT_EQ(events[0].took_us, 5u);
}

TEST_F(EventTest, ASyncIsTimed) {
  ok(stand.put("a", "v", Durability::synced));
  ok(stand.put("b", "v", Durability::buffered));
  EXPECT_EQ(latencies.sync.load().count(), 1u);
  EXPECT_EQ(latencies.sync.load().max(), 5'000u);
}

TEST_F(EventTest, WritesWaitForTheGreaterDebt) {
  EXPECT_EQ(stand.tree->stall_reason(), StallReason::none);
  for (uint32_t i = 0; i < stand.options.sealed_memtables_max; ++i) {
    put("a");
    ok(stand.tree->seal_memtable());
  }
  EXPECT_GE(stand.tree->debt(), 1.0);
  EXPECT_EQ(stand.tree->stall_reason(), StallReason::memtables);
}

TEST(EventNamesTest, EveryKindAndReasonHasItsOwn) {
  std::vector<std::string> names;
  for (size_t kind = 0; kind < kEventKindCount; ++kind)
    names.emplace_back(name_of(static_cast<EventKind>(kind)));
  EXPECT_EQ(names.back(), name_of(EventKind::tables_ingested));
  EXPECT_EQ(std::string(name_of(EventKind::stall_begun)), "stall_begun");
  EXPECT_EQ(std::string(name_of(StallReason::held)), "held");
  EXPECT_STREQ(reason_of({.reason = StallReason::held}), "held");
  EXPECT_STREQ(reason_of({.merge_reason = MergeReason::idleness}), "idleness");
  EXPECT_STREQ(reason_of({}), "");
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace coppice::engine
