// What a tree does with a file that was built outside of it.
#include <filesystem>

#include "engine/read_state.hpp"
#include "tests/engine/tree_ingest_fixture.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/keys.hpp"

namespace coppice::engine {
namespace {

using ::testing::IsEmpty;

TEST_F(TreeIngestTest, ReplacesWhatWasThereAndEarlierMomentsDoNotSeeIt) {
  ok(stand.put("a", "old"));
  ok(stand.put("b", "old"));
  ok(stand.put("d", "old"));
  const Timestamp before = stand.tree->last_commit();
  stand.snapshots = {before};

  ingest({{"a", "new"}, {"b", std::nullopt}, {"c", "new"}});

  const Timestamp commit = stand.tree->last_commit();
  EXPECT_GT(commit, before);
  EXPECT_EQ(stand.reader->visible(), commit);
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "new"}, {"c", "new"}, {"d", "old"}}));
  EXPECT_EQ(stand.get("a"), "new");
  EXPECT_EQ(stand.get("b"), "(none)");
  for (const Timestamp at : {before, Timestamp{commit.raw - 1}}) {
    EXPECT_EQ(stand.items(at), (TreeStand::Items{{"a", "old"}, {"b", "old"}, {"d", "old"}}));
    EXPECT_EQ(stand.get("a", at), "old");
    EXPECT_EQ(stand.get("c", at), "(none)");
  }
  EXPECT_EQ(stand.get("a", commit), "new");
  expect_well();
}

TEST_F(TreeIngestTest, WhatIsWrittenLaterIsNewer) {
  ingest({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}});
  ok(stand.put("a", "2"));
  ok(stand.remove("b"));
  ok(stand.delete_range("c", "d"));
  Batch batch;
  ok(batch.merge("d", Operator::append, "2"));
  ok(stand.write(batch));
  const TreeStand::Items expected{{"a", "2"}, {"d", "12"}};

  EXPECT_EQ(stand.items(), expected);
  ok(stand.flush());
  EXPECT_EQ(stand.items(), expected);
  ok(stand.compact());
  EXPECT_EQ(stand.items(), expected);
  reopen();
  EXPECT_EQ(stand.items(), expected);
}

// What was ingested is newer than what still lies in memory, and goes into one table with what is older.
TEST_F(TreeIngestTest, NoMergeInLevelZeroHidesWhatIsFlushedBehindIt) {
  stand.options.merge_policy = MergePolicy::tiered;
  stand.options.min_compaction_files = 2;
  reopen();
  ok(stand.put("a", "old"));
  ok(stand.put("m", "old"));
  ok(stand.flush());
  ok(stand.put("m", "new"));
  ingest({{"a", "ingested"}});
  EXPECT_FALSE(stand.tree->memtables_empty());

  ok(stand.catch_up());
  ok(stand.flush());

  EXPECT_EQ(stand.get("m"), "new");
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "ingested"}, {"m", "new"}}));
  ok(stand.catch_up());
  EXPECT_EQ(stand.get("m"), "new");
}

TEST_F(TreeIngestTest, EveryReadKnowsItsMoment) {
  ok(stand.put("a", "old"));
  ingest({{"a", "new"}, {"b", "new"}, {"c", "new"}});
  const Timestamp commit = stand.tree->last_commit();

  EXPECT_EQ(stand.reader->get_versioned("b", {})->version, commit);
  const ByteView keys[] = {"a", "b", "x"};
  const auto values = stand.reader->get_many(keys, {});
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(*values, (std::vector<std::optional<Bytes>>{"new", "new", std::nullopt}));

  const auto cursor = *stand.reader->cursor({}, {});
  EXPECT_EQ(cursor->seek_last()->key, "c");
  EXPECT_EQ(cursor->prev()->key, "b");
  EXPECT_EQ(cursor->seek_before("b")->key, "a");
  EXPECT_EQ(cursor->seek("b")->key, "b");
}

TEST_F(TreeIngestTest, AMergeWritesWhatTheFileMeans) {
  for (int number = 0; number < 100; ++number) ok(stand.put(key_of(number), "old"));
  const Timestamp before = stand.tree->last_commit();
  stand.snapshots = {before};
  ingest(numbered(50, 150, "new"));
  const Timestamp commit = stand.tree->last_commit();

  ok(stand.compact());

  EXPECT_EQ(stand.reader->get_versioned(key_of(60), {})->version, commit);
  EXPECT_EQ(stand.get(key_of(60), before), "old");
  EXPECT_EQ(stand.items().size(), 150u);
  EXPECT_EQ(stand.items(before).size(), 100u);
  expect_well();
}

TEST_F(TreeIngestTest, IsThereAfterAnOpeningAndLaterWritesComeBehindIt) {
  ok(stand.put("z", "in the log"));
  ingest({{"a", "1"}});
  const Timestamp commit = stand.tree->last_commit();

  stand.drop();
  open();

  EXPECT_EQ(stand.tree->last_commit(), commit);
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}, {"z", "in the log"}}));
  ok(stand.put("a", "2"));
  EXPECT_EQ(stand.get("a"), "2");
}

TEST_F(TreeIngestTest, WhatOverlapsItInMemoryHasToBeFlushedAndNothingElse) {
  const KeyRange range{"c", "f"};
  const auto overlaps = [&] { return stand.tree->must_flush(range); };
  ok(stand.put("b", "1"));
  ok(stand.put("f", "1"));
  EXPECT_FALSE(overlaps());
  ok(stand.delete_range("a", "c"));
  EXPECT_FALSE(overlaps());

  ok(stand.remove("e"));
  EXPECT_TRUE(overlaps());
  ok(stand.tree->seal_memtable());
  EXPECT_TRUE(overlaps()) << "a sealed memtable hides what lies below just so";
  ok(stand.flush());
  EXPECT_FALSE(overlaps());
  ok(stand.delete_range("e", "x"));
  EXPECT_TRUE(overlaps());
}

TEST_F(TreeIngestTest, LiesAsLowAsNothingAboveOverlapsIt) {
  ingest({{"m", "1"}, {"n", "1"}});
  EXPECT_EQ(shape(), (std::vector<uint32_t>{0, 0, 0, 0, 0, 0, 1})) << "nothing is there";
  ingest({{"a", "1"}, {"b", "1"}});
  EXPECT_EQ(shape(), (std::vector<uint32_t>{0, 0, 0, 0, 0, 0, 2})) << "beside what is there";
  ingest({{"b", "2"}, {"c", "2"}});
  EXPECT_EQ(shape(), (std::vector<uint32_t>{1, 0, 0, 0, 0, 0, 2}))
      << "above, and none between that merges would pass";
  ingest({{"c", "3"}, {"d", "3"}});
  EXPECT_EQ(shape(), (std::vector<uint32_t>{2, 0, 0, 0, 0, 0, 2})) << "above level 0";
  EXPECT_EQ(stand.items(),
            (TreeStand::Items{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "3"}, {"m", "1"}, {"n", "1"}}));
  EXPECT_EQ(stand.tree->stats().tables_ingested, 4u);
  expect_well();
}

TEST_F(TreeIngestTest, AMergeUnderWayIsNotWrittenInto) {
  fill(0, 200, Bytes(100, 'a'));
  ok(stand.compact());
  fill(100, 300, Bytes(100, 'b'));
  ok(stand.flush());
  auto merge = stand.tree->plan_merge_range({}, {});
  ASSERT_TRUE(merge.has_value());

  // Nothing is there, but what the merge writes may come to.
  ingest({{key_of(150) + "x", "new"}});
  ok(stand.finish(std::move(merge)));

  EXPECT_EQ(stand.get(key_of(150) + "x"), "new");
  ok(stand.compact());
  EXPECT_EQ(stand.items().size(), 301u);
  expect_well();
}

TEST_F(TreeIngestTest, AFlushUnderWayBesideItIsOlder) {
  ok(stand.put("a", "old"));
  ok(stand.put("z", "old"));
  ok(stand.tree->seal_memtable());
  auto flush = stand.tree->plan_flush({});
  ingest({{"m", "1"}, {"n", "1"}});

  ok(stand.finish(std::move(flush)));
  ok(stand.put("m", "2"));
  ok(stand.flush());

  const TreeStand::Items expected{{"a", "old"}, {"m", "2"}, {"n", "1"}, {"z", "old"}};
  EXPECT_EQ(stand.items(), expected);
  ok(stand.compact());
  EXPECT_EQ(stand.items(), expected);
  expect_well();
}

TEST_F(TreeIngestTest, RangeDeletesBeforeItHideNothingOfItAndLaterOnesAll) {
  ok(stand.put("b", "old"));
  ok(stand.flush());
  ok(stand.delete_range("a", "z"));
  ok(stand.flush());

  ingest({{"b", "new"}, {"c", "new"}});
  ok(stand.catch_up());
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"b", "new"}, {"c", "new"}}));

  ok(stand.delete_range("a", "z"));
  ok(stand.flush());
  ok(stand.catch_up());
  EXPECT_THAT(stand.items(), IsEmpty());
  expect_well();
}

TEST_F(TreeIngestTest, AScanThatLearntThatNothingIsThereFindsIt) {
  for (int number = 0; number < 2000; ++number) ok(stand.put(key_of(number), "old"));
  for (int number = 0; number < 2000; ++number) ok(stand.remove(key_of(number)));
  ok(stand.flush());
  ok(stand.put("z", "alive"));
  for (int round = 0; round < 3; ++round) EXPECT_EQ(stand.items(), (TreeStand::Items{{"z", "alive"}}));
  ASSERT_TRUE(static_cast<Tree&>(*stand.tree).read_state()->dead_ranges.in_use());

  ingest({{key_of(1000), "new"}});

  EXPECT_EQ(stand.items(), (TreeStand::Items{{key_of(1000), "new"}, {"z", "alive"}}));
}

TEST_F(TreeIngestTest, HalvesOfASplitShareIt) {
  ok(stand.put(key_of(10), "old"));
  ingest(numbered(0, 100, "new"));
  const Timestamp commit = stand.tree->last_commit();
  ok(stand.flush());
  const std::string left = temporary.path() + "/left";
  const std::string right = temporary.path() + "/right";
  ok(stand.tree->split(key_of(50), {left}, {right}));

  size_t count = 0;
  for (const std::string& half : {left, right}) {
    TreeStand part(files, half);
    ok(part.open());
    EXPECT_EQ(part.tree->last_commit(), commit);
    count += part.items().size();
    for (const auto& [key, value] : part.items()) EXPECT_EQ(value, "new");
    ok(part.compact());
    EXPECT_EQ(part.items().size(), 50u);
  }
  EXPECT_EQ(count, 100u);
}

TEST_F(TreeIngestTest, LargeValuesGoApartWhenTheyAreMerged) {
  stand.options.value_threshold = 1000;
  reopen();
  ingest(numbered(0, 20, Bytes(2000, 'v')));
  EXPECT_EQ(stand.tree->stats().value_files, 0u);
  ok(stand.put(key_of(3), "small"));
  ok(stand.compact());
  EXPECT_GE(stand.tree->stats().value_files, 1u);
  EXPECT_EQ(stand.get(key_of(4)), Bytes(2000, 'v'));
  EXPECT_EQ(stand.get(key_of(3)), "small");
  expect_well();
}

TEST_F(TreeIngestTest, IsTold) {
  EventRecorder recorder;
  ok(stand.tree->close());
  stand.watch = {.listener = &recorder, .id = 17};
  open();
  (void)recorder.take();
  const std::string path = ingest({{"a", "1"}, {"b", "1"}});
  const std::vector<Event> events = recorder.take();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events.front().kind, EventKind::tables_ingested);
  EXPECT_EQ(events.front().tree, 17u);
  EXPECT_EQ(events.front().tables, 1u);
  EXPECT_EQ(events.front().bytes_read, std::filesystem::file_size(path));
  EXPECT_EQ(stand.tree->stats().levels[6].bytes_arrived, events.front().bytes_read);
  stand.drop();
}

}  // namespace
}  // namespace coppice::engine
