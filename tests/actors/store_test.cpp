// The store as a program sees it: opened, written, read, cut, closed and opened again.
#include "actors/store.hpp"

#include <gtest/gtest.h>

#include "tests/actors/store_fixture.hpp"

namespace coppice::actors {
namespace {

using StoreTest = StoreFixture;

TEST_F(StoreTest, KeepsWhatWasPut) {
  open();
  put("apple", "red");
  put("pear", "green");
  EXPECT_EQ(get("apple"), "red");
  EXPECT_EQ(get("pear"), "green");
  EXPECT_EQ(get("plum"), std::nullopt);

  ASSERT_TRUE(store->remove("apple").ok());
  EXPECT_EQ(get("apple"), std::nullopt);
}

TEST_F(StoreTest, CommitTimestampsRise) {
  open();
  const Timestamp first = *store->put("k", "1");
  const Timestamp second = *store->put("k", "2");
  EXPECT_LT(first, second);
}

TEST_F(StoreTest, KeepsEverythingThroughACloseAndAnOpen) {
  options.boundaries = {"h", "q"};
  open();
  for (const char* key : {"a", "h", "m", "q", "z"}) put(key, std::string("value of ") + key);
  ASSERT_TRUE(store->put("memory", "kept by a clean stop", Durability::memory).ok());
  reopen();
  for (const char* key : {"a", "h", "m", "q", "z"}) EXPECT_EQ(get(key), std::string("value of ") + key);
  EXPECT_EQ(get("memory"), "kept by a clean stop");
  EXPECT_EQ(store->stats()->shards.size(), 3u);
}

TEST_F(StoreTest, ABatchOverSeveralShardsIsWrittenWhole) {
  options.boundaries = {"h", "q"};
  open();
  put("b", "old");
  engine::Batch batch;
  ASSERT_TRUE(batch.put("a", "1").ok());
  ASSERT_TRUE(batch.delete_range("b", "r").ok());
  ASSERT_TRUE(batch.put("k", "2").ok());
  ASSERT_TRUE(batch.put("z", "3").ok());
  const Result<Timestamp> written = store->write(std::move(batch));
  ASSERT_TRUE(written.ok()) << to_string(written.error());
  EXPECT_EQ(dump(), (Entries{{"a", "1"}, {"k", "2"}, {"z", "3"}}));
  reopen();
  EXPECT_EQ(dump(), (Entries{{"a", "1"}, {"k", "2"}, {"z", "3"}}));
}

TEST_F(StoreTest, SeveralKeysAreReadAtOneMoment) {
  options.boundaries = {"h"};
  open();
  put("a", "1");
  put("z", "2");
  const std::vector<Bytes> keys{"z", "none", "a", "z"};
  const auto values = store->get_many(keys);
  ASSERT_TRUE(values.ok()) << to_string(values.error());
  EXPECT_EQ(*values, (std::vector<std::optional<Bytes>>{"2", std::nullopt, "1", "2"}));
}

TEST_F(StoreTest, AScanMergesShardsInKeyOrderForwardAndBack) {
  options.boundaries = {"d", "g"};
  open();
  Entries all;
  for (char c = 'a'; c <= 'k'; ++c) {
    put(Bytes(1, c), Bytes(100, c));
    all.push_back({Bytes(1, c), Bytes(100, c)});
  }
  ScanOptions scan;
  scan.page_size = 250;
  EXPECT_EQ(dump(scan), all);
  scan.reverse = true;
  std::ranges::reverse(all);
  EXPECT_EQ(dump(scan), all);
  scan.range = {"c", "h"};
  scan.limit = 3;
  EXPECT_EQ(dump(scan), (Entries{{"g", Bytes(100, 'g')}, {"f", Bytes(100, 'f')}, {"e", Bytes(100, 'e')}}));
  scan.limit = 0;
  scan.keys_only = true;
  EXPECT_EQ(dump(scan), (Entries{{"g", ""}, {"f", ""}, {"e", ""}, {"d", ""}, {"c", ""}}));
}

TEST_F(StoreTest, AScanOnTheReadersBringsTheSamePages) {
  options.boundaries = {"d"};
  open();
  for (char c = 'a'; c <= 'h'; ++c) put(Bytes(1, c), Bytes(100, c));
  ScanOptions scan_options;
  scan_options.page_size = 150;
  auto scan = as_future<std::shared_ptr<Scan>>([&](auto done) { store->scan(scan_options, done); }).get();
  ASSERT_TRUE(scan.ok());
  Bytes keys;
  for (bool last = false; !last;) {
    auto page =
        as_future<Page>([&](auto done) { (*scan)->next(std::function<void(Result<Page>)>(done)); }).get();
    ASSERT_TRUE(page.ok());
    for (size_t i = 0; i < page->count(); ++i) keys += page->key(i);
    last = page->last;
  }
  EXPECT_EQ(keys, "abcdefgh");
}

TEST_F(StoreTest, ASnapshotNeverChanges) {
  options.boundaries = {"m"};
  open();
  put("a", "1");
  put("z", "1");
  const SnapshotHandle snapshot = *store->snapshot();
  put("a", "2");
  put("n", "2");
  ASSERT_TRUE(store->remove("z").ok());
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(dump_at(snapshot), (Entries{{"a", "1"}, {"z", "1"}}));
  EXPECT_EQ(*store->get("z", snapshot), "1");
  EXPECT_EQ(dump(), (Entries{{"a", "2"}, {"n", "2"}}));
}

TEST_F(StoreTest, ASnapshotMayOutliveItsStore) {
  open();
  const SnapshotHandle snapshot = *store->snapshot();
  store.reset();
  EXPECT_GT(snapshot->timestamp(), kTimestampMin);
}

TEST_F(StoreTest, ASplitKeepsDataAndSnapshots) {
  open();
  for (char c = 'a'; c <= 'z'; ++c) put(Bytes(1, c), "1");
  const SnapshotHandle snapshot = *store->snapshot();
  const Entries before = dump();
  put("c", "2");
  const Result<SplitShards> split = store->split("m");
  ASSERT_TRUE(split.ok()) << to_string(split.error());
  put("x", "2");
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(dump_at(snapshot), before);
  EXPECT_EQ(get("c"), "2");
  EXPECT_EQ(get("x"), "2");

  const auto stats = store->stats();
  ASSERT_EQ(stats->shards.size(), 2u);
  EXPECT_EQ(stats->shards[0].id, split->left);
  EXPECT_EQ(stats->shards[0].range, (KeyRange{"", "m"}));
  EXPECT_EQ(stats->shards[1].id, split->right);
  EXPECT_EQ(stats->shards[1].range, (KeyRange{"m", std::nullopt}));
  const Entries after = dump();
  reopen();
  EXPECT_EQ(dump(), after);
}

TEST_F(StoreTest, ASplitWhereAShardBeginsIsRefused) {
  options.boundaries = {"m"};
  open();
  EXPECT_EQ(store->split("m").error().code, Errc::invalid_argument);
  EXPECT_EQ(store->split("").error().code, Errc::invalid_argument);
  EXPECT_TRUE(store->split("n").ok());
}

TEST_F(StoreTest, FlushAndCompactBringDataIntoTables) {
  options.boundaries = {"m"};
  open();
  for (int i = 0; i < 100; ++i) put("key" + std::to_string(i), Bytes(100, 'v'));
  ASSERT_TRUE(store->flush().ok());
  auto stats = store->stats();
  EXPECT_EQ(stats->shards[0].tree.flushes, 1u);
  EXPECT_EQ(stats->shards[1].tree.flushes, 0u);
  ASSERT_TRUE(store->compact().ok());
  const auto report = store->verify();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->entries, 100u);
  EXPECT_EQ(report->problems, std::vector<std::string>());
}

TEST_F(StoreTest, ASecondOpenIsRefused) {
  open();
  EXPECT_EQ(Store::open(options).error().code, Errc::in_use);
}

TEST_F(StoreTest, LimitsAreRefusedByName) {
  open();
  EXPECT_EQ(store->put("", "v").error().code, Errc::invalid_argument);
  EXPECT_EQ(store->get("").error().code, Errc::invalid_argument);
  EXPECT_EQ(store->put(Bytes(kKeySizeMax + 1, 'k'), "v").error().code, Errc::invalid_argument);
  EXPECT_EQ(store->delete_range({"b", "a"}).error().code, Errc::invalid_argument);
  ScanOptions scan;
  scan.range = {"b", "a"};
  EXPECT_EQ(store->scan(scan).error().code, Errc::invalid_argument);
}

TEST_F(StoreTest, AClosedStoreAnswersSo) {
  open();
  put("k", "v");
  ASSERT_TRUE(store->close().ok());
  EXPECT_EQ(store->get("k").error().code, Errc::cancelled);
  EXPECT_EQ(store->put("k", "w").error().code, Errc::cancelled);
  EXPECT_EQ(store->snapshot().error().code, Errc::cancelled);
  EXPECT_EQ(store->stats().error().code, Errc::cancelled);
  EXPECT_EQ(store->split("a").error().code, Errc::cancelled);
}

TEST_F(StoreTest, EveryWriteUnderWayIsAnsweredByAClose) {
  open();
  std::atomic<int> answered{0};
  constexpr int kWrites = 2000;
  for (int i = 0; i < kWrites; ++i) {
    engine::Batch batch;
    ASSERT_TRUE(batch.put("key" + std::to_string(i), "v").ok());
    store->write(std::move(batch), Durability::buffered, [&](const Result<Timestamp>& done) {
      EXPECT_TRUE(done.ok());
      ++answered;
    });
  }
  ASSERT_TRUE(store->close().ok());
  EXPECT_EQ(answered, kWrites);
  reopen();
  EXPECT_EQ(dump().size(), size_t{kWrites});
}

TEST_F(StoreTest, APutThatExpiresIsGoneFromItsMomentOn) {
  open();
  ASSERT_TRUE(store->put_for("short", "v", 1).ok());
  ASSERT_TRUE(store->put_for("long", "v", 3'600'000).ok());
  EXPECT_EQ(store->put_for("k", "v", 0).error().code, Errc::invalid_argument);
  // Past every time of day.
  ASSERT_TRUE(store->put_for("ever", "v", UINT64_MAX).ok());
  const uint64_t over = store->expiry_after(1);
  while (store->expiry_after(0) < over) std::this_thread::yield();
  EXPECT_EQ(get("short"), std::nullopt);
  EXPECT_EQ(dump(), (Entries{{"ever", "v"}, {"long", "v"}}));
  engine::Batch batch;
  ASSERT_TRUE(batch.put_until("gone", "v", 1).ok());
  ASSERT_TRUE(batch.put("stays", "v").ok());
  ASSERT_TRUE(store->write(std::move(batch)).ok());
  EXPECT_EQ(get("gone"), std::nullopt);
  EXPECT_EQ(get("stays"), "v");
}

TEST_F(StoreTest, EveryMomentOfItsHistoryCanBeRead) {
  options.boundaries = {"m"};
  options.tree.retention_ms = 3'600'000;
  open();
  std::vector<Timestamp> moments;
  for (int round = 0; round < 5; ++round) {
    put("a", std::to_string(round));
    moments.push_back(*store->put("z", std::to_string(round)));
    ASSERT_TRUE(store->compact().ok());
  }
  for (const bool reopened : {false, true}) {
    if (reopened) reopen();
    for (size_t round = 0; round < moments.size(); ++round) {
      const Result<SnapshotHandle> then = store->snapshot_at(moments[round]);
      ASSERT_TRUE(then.ok()) << to_string(then.error());
      EXPECT_EQ((*then)->timestamp(), moments[round]);
      const Bytes value = std::to_string(round);
      EXPECT_EQ(dump_at(*then), (Entries{{"a", value}, {"z", value}}));
    }
  }
  // Several may hold the same.
  const SnapshotHandle first = *store->snapshot_at(moments[2]);
  { const SnapshotHandle second = *store->snapshot_at(moments[2]); }
  EXPECT_EQ(*store->get("z", first), "2");
}

TEST_F(StoreTest, AMomentThatCannotBeReadIsRefusedWithTheOldestThatCan) {
  options.tree.retention_ms = 60'000;
  open();
  put("k", "v");
  const Error far_back = store->snapshot_at(Timestamp{1}).error();
  EXPECT_EQ(far_back.code, Errc::invalid_argument);
  EXPECT_NE(far_back.text.find("the oldest that can be read is "), std::string::npos) << far_back.text;
  const uint64_t later_ms = store->expiry_after(60'000);
  const Error future = store->snapshot_at(engine::first_of_millisecond(later_ms)).error();
  EXPECT_EQ(future.code, Errc::invalid_argument);
  EXPECT_NE(future.text.find("lies in the future"), std::string::npos) << future.text;
}

TEST_F(StoreTest, WithoutARetentionTimeOnlyWhatIsHeldCanBeRead) {
  open();
  const Timestamp written = *store->put("k", "v");
  const Error refused = store->snapshot_at(written).error();
  EXPECT_EQ(refused.code, Errc::invalid_argument);
  EXPECT_NE(refused.text.find("no history is kept"), std::string::npos) << refused.text;
  EXPECT_EQ(store->stats()->history_from, std::nullopt);
  const SnapshotHandle held = *store->snapshot();
  put("k", "w");
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(*store->get("k", *store->snapshot_at(held->timestamp())), "v");
}

TEST_F(StoreTest, HistoryBeginsWhereItWasFirstKept) {
  open();
  put("k", "1");
  const Timestamp before = *store->put("k", "2");
  ASSERT_TRUE(store->put("k", "3").ok());
  ASSERT_TRUE(store->compact().ok());
  options.tree.retention_ms = 3'600'000;
  reopen();
  EXPECT_EQ(store->snapshot_at(before).error().code, Errc::invalid_argument) << "it was merged away";
  const Timestamp kept = *store->put("k", "4");
  put("k", "5");
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(*store->get("k", *store->snapshot_at(kept)), "4");
  const std::optional<Timestamp> from = store->stats()->history_from;
  EXPECT_GT(from, before);
  EXPECT_LE(from, kept);
}

}  // namespace
}  // namespace coppice::actors
