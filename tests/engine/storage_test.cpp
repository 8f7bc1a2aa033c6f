// What every storage engine owes a shard, asked of each that there is.
#include "engine/storage.hpp"

#include <gmock/gmock.h>

#include "engine/in_memory/memory_engine.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

template <class Engine>
class StorageTest : public ::testing::Test {
protected:
  StorageTest() {
    stand.engine = &engine;
    EXPECT_TRUE(stand.create().ok());
    open();
  }

  void open() { ok(stand.open()); }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  static Errc code(const Status& status) { return status.ok() ? Errc{} : status.error().code; }
  Status split(ByteView key) {
    COPPICE_TRY(stand.flush());
    return stand.tree->split(key, {"/left"}, {"/right"});
  }
  TreeStand::Items items_of(const std::string& directory) {
    auto tree = engine.open(stand.env(), directory, stand.options);
    EXPECT_TRUE(tree.ok());
    const auto cursor = (*tree)->reader()->cursor({}, {});
    EXPECT_TRUE(cursor.ok());
    TreeStand::Items items;
    for (const Item* item = (*cursor)->seek(""); item != nullptr; item = (*cursor)->next())
      items.emplace(item->key, item->value);
    return items;
  }

  MemoryFileSystem files;
  Engine engine;
  TreeStand stand{files};
};

using Engines = ::testing::Types<TreeEngine, MemoryEngine>;
TYPED_TEST_SUITE(StorageTest, Engines);

TYPED_TEST(StorageTest, WhatWasWrittenIsThereAfterACloseAndAfterACrash) {
  this->ok(this->stand.put("a", "1"));
  this->ok(this->stand.tree->close());
  this->open();
  EXPECT_EQ(this->stand.get("a"), "1");
  this->ok(this->stand.put("b", "2", Durability::synced));
  this->stand.drop();
  this->open();
  EXPECT_THAT(this->stand.items(), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TYPED_TEST(StorageTest, AGroupThatWasLoggedAndNotShownIsThereOnceItIsOpenedAgain) {
  Batch batch;
  this->ok(batch.put("a", "1"));
  const GroupWrite write{&batch, this->stand.tick()};
  this->ok(this->stand.tree->log_group({&write, 1}));
  EXPECT_EQ(this->stand.get("a"), "(none)");
  this->stand.drop();
  this->open();
  EXPECT_EQ(this->stand.get("a"), "1");
  EXPECT_EQ(this->stand.tree->last_commit(), write.commit);
}

TYPED_TEST(StorageTest, ASnapshotSeesWhatItSawThroughFlushes) {
  this->ok(this->stand.put("a", "old"));
  const Timestamp then = this->stand.tick();
  this->stand.tree->advance(then);
  this->stand.snapshots = {then};
  this->ok(this->stand.put("a", "new"));
  this->ok(this->stand.delete_range("b", "c"));
  this->ok(this->stand.compact());
  EXPECT_EQ(this->stand.get("a", then), "old");
  EXPECT_EQ(this->stand.get("a"), "new");
}

TYPED_TEST(StorageTest, WhatNobodyCanAskForIsLetGo) {
  const Bytes value(1000, 'v');
  for (int round = 0; round < 40; ++round) {
    for (int key = 0; key < 50; ++key) this->ok(this->stand.put("key" + std::to_string(key), value));
    this->ok(this->stand.catch_up());
  }
  this->ok(this->stand.compact());
  const TreeStats stats = this->stand.tree->stats();
  uint64_t kept = stats.memtable_size;
  for (const LevelStats& level : stats.levels) kept += level.size;
  EXPECT_LT(kept, 50 * 1000 * 4u) << "2 MB were written, of which 50 KB live";
  EXPECT_THAT(this->stand.items(), SizeIs(50));
}

TYPED_TEST(StorageTest, HalvesHaveWhatTheWholeHad) {
  for (const char* const key : {"a", "b", "c", "d"}) this->ok(this->stand.put(key, key));
  this->ok(this->stand.remove("a"));
  this->ok(this->split("c"));
  EXPECT_THAT(this->items_of("/left"), ElementsAre(Pair("b", "b")));
  EXPECT_THAT(this->items_of("/right"), ElementsAre(Pair("c", "c"), Pair("d", "d")));
  EXPECT_THAT(this->stand.items(), SizeIs(3));
}

TYPED_TEST(StorageTest, OfABatchOverSeveralShardsItKeepsAllPartsUntilThatIsSettled) {
  Batch own;
  Batch other;
  this->ok(own.put("a", "1"));
  this->ok(other.put("z", "2"));
  const std::vector<SpanningPart> parts{{1, own.bytes()}, {2, other.bytes()}};
  const GroupWrite write{&own, this->stand.tick(), parts};
  this->ok(this->stand.tree->log_group({&write, 1}));
  this->stand.tree->apply_group({&write, 1});
  this->stand.drop();
  this->open();
  ASSERT_THAT(this->stand.tree->spanning(), SizeIs(1));
  EXPECT_EQ(this->stand.tree->spanning().front().commit, write.commit);
  EXPECT_THAT(this->stand.tree->spanning().front().parts, SizeIs(2));
  this->stand.tree->settle(write.commit);
  this->ok(this->stand.put("b", "3"));
  this->ok(this->stand.flush());
  this->ok(this->stand.tree->close());
  this->open();
  EXPECT_THAT(this->stand.tree->spanning(), IsEmpty());
}

TYPED_TEST(StorageTest, AFileThatWasBuiltOutsideComesInAtOneMoment) {
  for (const char* const key : {"a", "b", "d"}) this->ok(this->stand.put(key, "old"));
  const Timestamp before = this->stand.tree->last_commit();
  this->stand.snapshots = {before};
  this->ok(build_file(this->files, "/sorted", {{"a", "new"}, {"b", std::nullopt}, {"c", "new"}}));
  this->ok(ingest_file(this->files, this->stand, "/sorted"));
  this->ok(this->files.remove("/sorted"));

  const Timestamp commit = this->stand.tree->last_commit();
  EXPECT_GT(commit, before);
  EXPECT_EQ(this->stand.reader->visible(), commit);
  EXPECT_EQ(this->stand.reader->get_versioned("c", {})->version, commit);
  const auto expect_all = [&] {
    EXPECT_THAT(this->stand.items(), ElementsAre(Pair("a", "new"), Pair("c", "new"), Pair("d", "old")));
  };
  expect_all();
  EXPECT_THAT(this->stand.items(before), ElementsAre(Pair("a", "old"), Pair("b", "old"), Pair("d", "old")));
  this->ok(this->stand.put("c", "newer"));
  EXPECT_EQ(this->stand.get("c"), "newer");
  EXPECT_EQ(this->stand.get("c", commit), "new");
  this->ok(this->stand.put("c", "new"));
  this->ok(this->stand.compact());
  expect_all();
  EXPECT_EQ(this->stand.get("b", before), "old");
  this->ok(this->stand.tree->close());
  this->open();
  expect_all();
}

TYPED_TEST(StorageTest, OfAFileItTakesInItHasTheKeysOfItsRange) {
  TreeStand part(this->files, "/part", {"b", "d"});
  part.engine = &this->engine;
  this->ok(part.create());
  this->ok(part.open());
  this->ok(build_file(this->files, "/sorted", {{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}}));
  this->ok(ingest_file(this->files, part, "/sorted"));
  EXPECT_THAT(part.items(), ElementsAre(Pair("b", "1"), Pair("c", "1")));
}

TYPED_TEST(StorageTest, WhatIsMadeReadyAndNotTakenInIsNotThere) {
  this->ok(build_file(this->files, "/sorted", {{"a", "1"}}));
  const std::vector<OutsideTable> tables{*read_outside_table(this->files, "/sorted", {})};
  EXPECT_TRUE(this->stand.tree->prepare_ingest(tables).ok());
  EXPECT_EQ(
      this->code(this->stand.tree->prepare_ingest(std::vector<OutsideTable>{{"/none", tables.front().meta}})
                     .status()),
      Errc::not_found);
  EXPECT_THAT(this->stand.items(), IsEmpty());
  this->ok(this->stand.put("b", "1"));
  this->stand.drop();
  this->open();
  EXPECT_THAT(this->stand.items(), ElementsAre(Pair("b", "1")));
}

TYPED_TEST(StorageTest, EveryMemtableThatWasFlushedCounts) {
  const uint64_t before = this->stand.tree->stats().flushes;
  for (const char* const key : {"a", "b", "c"}) {
    this->ok(this->stand.put(key, "1"));
    this->ok(this->stand.tree->seal_memtable());
  }
  EXPECT_EQ(this->stand.tree->stats().sealed_memtables, 3u);
  this->ok(this->stand.flush());
  EXPECT_EQ(this->stand.tree->stats().flushes, before + 3) << "who waits for a flush waits for so many";
}

TYPED_TEST(StorageTest, WhatWasRemovedIsNoMore) {
  this->stand.drop();
  this->ok(this->engine.remove(this->stand.env(), "/tree"));
  EXPECT_EQ(this->code(this->stand.open()), Errc::not_found);
  EXPECT_TRUE(this->stand.create().ok());
}

// An engine may have no use for one, as that in memory.
TYPED_TEST(StorageTest, AColdDirectoryIsNoHindrance) {
  this->stand.cold_directory = "/cold";
  this->open();
  for (const char* const key : {"a", "b", "c", "d"}) this->ok(this->stand.put(key, key));
  this->ok(this->stand.compact());
  const TreeStats stats = this->stand.tree->stats();
  this->ok(this->stand.tree->close());
  const auto cold = this->engine.cold_files(this->stand.env(), "/tree");
  ASSERT_TRUE(cold.ok());
  EXPECT_EQ(cold->count, stats.cold.count);
  this->open();
  EXPECT_THAT(this->stand.items(), SizeIs(4));
  this->stand.drop();
  this->ok(this->engine.remove(this->stand.env(), "/tree"));
  EXPECT_FALSE(*this->files.exists("/tree"));
  EXPECT_EQ(this->files.list("/cold").ok() && !this->files.list("/cold")->empty(), false);
}

TYPED_TEST(StorageTest, ATreeThatIsThereIsNotMadeAgain) {
  EXPECT_EQ(this->code(this->stand.create()), Errc::in_use);
}

TYPED_TEST(StorageTest, AClosedTreeTellsItsReadersSo) {
  this->ok(this->stand.put("a", "1"));
  this->ok(this->stand.tree->close());
  EXPECT_EQ(this->stand.reader->get("a", {}).status().error().code, Errc::unavailable);
  EXPECT_EQ(this->code(this->stand.put("b", "2")), Errc::unavailable);
}

}  // namespace
}  // namespace coppice::engine
