// What a tree does with a file that was built outside of it.
#include <filesystem>

#include <gmock/gmock.h>

#include "engine/io/file_names.hpp"
#include "engine/mend/verify_tree.hpp"
#include "engine/read_state.hpp"
#include "tests/engine/tree_fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::engine {
namespace {

using ::testing::IsEmpty;

class TreeIngestTest : public TreeFixture {
protected:
  std::string build(const SortedItems& items, const SortedFileOptions& options = {}) {
    const std::string path = temporary.path() + "/file" + std::to_string(++built_) + ".sorted";
    ok(build_file(files, path, items, options));
    return path;
  }
  void ingest(const std::string& path) { ok(ingest_file(files, stand, path)); }
  std::string ingest(const SortedItems& items) {
    const std::string path = build(items);
    ingest(path);
    return path;
  }
  static SortedItems numbered(int begin, int end, const Bytes& value) {
    SortedItems items;
    for (int number = begin; number < end; ++number) items[key_of(number)] = value;
    return items;
  }
  /// How many tables each level has.
  std::vector<uint32_t> shape() const {
    std::vector<uint32_t> counts;
    for (const LevelStats& level : stand.tree->stats().levels) counts.push_back(level.tables);
    return counts;
  }
  void expect_well() {
    const auto report = stand.reader->verify({});
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_THAT(report->problems, IsEmpty());
    VerifyReport offline;
    ok(verify_tree(stand.env(), stand.directory(), {}, offline));
    EXPECT_THAT(offline.problems, IsEmpty());
  }

private:
  int built_ = 0;
};

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

TEST_F(TreeIngestTest, TheFileStaysItsOwnersWhoMayRemoveIt) {
  const std::string path = ingest(numbered(0, 100, "1"));
  const Bytes before = *read_file(files, path, 1 << 20);
  EXPECT_EQ(std::filesystem::hard_link_count(path), 2u);
  ok(stand.put(key_of(5), "2"));
  ok(stand.compact());
  EXPECT_EQ(*read_file(files, path, 1 << 20), before);
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u) << "merged away, and only the tree's name of it";

  ingest(path);
  ASSERT_TRUE(files.remove(path).ok());
  reopen();
  EXPECT_EQ(stand.get(key_of(5)), "1");
  EXPECT_EQ(stand.items().size(), 100u);
}

TEST_F(TreeIngestTest, ASymbolicLinkIsFollowed) {
  const std::string path = build({{"a", "1"}});
  const std::string link = temporary.path() + "/link";
  std::filesystem::create_symlink(path, link);
  ingest(link);
  ASSERT_TRUE(files.remove(path).ok());
  reopen();
  EXPECT_EQ(stand.get("a"), "1");
}

TEST_F(TreeIngestTest, OneFileMayBeIngestedAgainAndIsThenNewer) {
  const std::string path = ingest({{"a", "1"}, {"b", "1"}});
  ok(stand.put("a", "2"));
  ingest(path);
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}, {"b", "1"}}));
  ok(stand.compact());
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}, {"b", "1"}}));
}

TEST_F(TreeIngestTest, FilesWithOneIdAreStillTwo) {
  const SortedFileOptions forged{.seed = 9};
  const std::string first = build(numbered(0, 500, "1"), forged);
  const std::string second = build(numbered(0, 500, "2"), forged);
  ingest(first);
  const auto snapshot = stand.tree->last_commit();
  stand.snapshots = {snapshot};
  for (int round = 0; round < 3; ++round) EXPECT_EQ(stand.items().at(key_of(250)), "1");

  ingest(second);

  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(stand.get(key_of(250)), "2");
    EXPECT_EQ(stand.get(key_of(250), snapshot), "1");
    EXPECT_EQ(stand.items().at(key_of(251)), "2");
  }

  // Nor is one the other if what tells them apart is alike by chance.
  for (const Bytes value : {"3", "4"}) {
    ingest(build(numbered(0, 500, value), {.seed = stand.clock + 1}));
    EXPECT_EQ(stand.get(key_of(250)), value);
    EXPECT_EQ(stand.items().at(key_of(250)), value);
  }
}

TEST_F(TreeIngestTest, WhatIsNotInstalledLeavesNothing) {
  const std::string path = build({{"a", "1"}});
  std::vector<OutsideTable> tables{*read_outside_table(files, path, {})};
  {
    const auto ingest = stand.tree->prepare_ingest(tables);
    ASSERT_TRUE(ingest.ok());
    EXPECT_EQ(std::filesystem::hard_link_count(path), 2u);
  }
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u);

  tables.push_back({temporary.path() + "/none", tables.front().meta});
  EXPECT_EQ(stand.tree->prepare_ingest(tables).error().code, Errc::not_found);
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u);
  EXPECT_FALSE(stand.tree->broken());
  EXPECT_THAT(stand.items(), IsEmpty());
}

TEST_F(TreeIngestTest, ADamagedFileIsRefusedAndNothingChanges) {
  const std::string path = build(numbered(0, 100, Bytes(50, 'v')));
  Bytes content = *read_file(files, path, 1 << 20);
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 4);
  ASSERT_TRUE(replace_file(files, path, content).ok());
  ok(stand.put("a", "1"));
  const auto stats = stand.tree->stats();

  const Status refused = ingest_file(files, stand, path);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::corruption);
  EXPECT_EQ(stand.tree->stats().flushes, stats.flushes);
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}}));
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u);
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

TEST_F(TreeIngestTest, SeveralFilesComeInAtOnce) {
  std::vector<OutsideTable> tables;
  for (const Bytes key : {"a", "m", "x"}) {
    tables.push_back(*read_outside_table(files, build({{key, "1"}}), {}));
    ok(check_outside_table(files, tables.back(), stand.env().cache, {}));
  }
  auto ingest = stand.tree->prepare_ingest(tables);
  ASSERT_TRUE(ingest.ok());
  EXPECT_THAT(stand.items(), IsEmpty());

  ok(stand.tree->install_ingest(*std::move(ingest), stand.tick()));

  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}, {"m", "1"}, {"x", "1"}}));
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

TEST_F(TreeIngestTest, AnEncryptedTreeTakesAnEncryptedFile) {
  const KeyRing keys = ring('a');
  TreeStand secret(files, temporary.path() + "/secret");
  secret.keys = keys;
  ok(secret.create());
  ok(secret.open());
  const std::string plain = build({{"a", "plain"}});
  const std::string sealed = build({{"a", "sealed"}}, {.keys = keys});
  const std::string other = build({{"a", "other"}}, {.keys = ring('b')});

  EXPECT_EQ(ingest_file(files, secret, plain).error().code, Errc::invalid_argument);
  EXPECT_EQ(ingest_file(files, secret, other).error().code, Errc::invalid_argument);
  EXPECT_EQ(ingest_file(files, stand, sealed).error().code, Errc::invalid_argument);
  ok(ingest_file(files, secret, sealed));

  EXPECT_EQ(secret.get("a"), "sealed");
  ok(secret.tree->close());
  ok(secret.open());
  EXPECT_EQ(secret.get("a"), "sealed");
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

// Nothing but the manifest knows of the file, so damage to the last edit must not pass for a crash that cut it short.
TEST(TreeIngestDamageTest, AManifestThatHasLostTheFileIsDamaged) {
  for (const KeyRing& keys : {KeyRing(), ring('a')}) {
    MemoryFileSystem files;
    TreeStand stand(files);
    stand.keys = keys;
    ASSERT_TRUE(stand.create().ok());
    ASSERT_TRUE(stand.open().ok());
    ASSERT_TRUE(build_file(files, "/sorted", {{"a", "1"}}, {.keys = keys}).ok());
    ASSERT_TRUE(ingest_file(files, stand, "/sorted").ok());
    stand.drop();
    std::map<std::string, Bytes> whole;
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names) whole.emplace(name, content_of(files, stand.path(name)));
    const std::string manifest(kManifestName);
    int refused = 0;

    for (size_t offset = 0; offset < whole.at(manifest).size(); ++offset) {
      SCOPED_TRACE(offset);
      for (const auto& [name, content] : whole) overwrite(files, stand.path(name), content);
      flip_bit(files, stand.path(manifest), offset);
      const Status opened = stand.open();
      if (opened.ok()) {
        EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}}));
        stand.drop();
      } else {
        ++refused;
      }
    }
    EXPECT_GT(refused, 100);
  }
}

}  // namespace
}  // namespace coppice::engine
