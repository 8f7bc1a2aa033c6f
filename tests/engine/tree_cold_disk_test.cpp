// A tree on two disks: what becomes of it when one is full, elsewhere, damaged or gone.
#include "tests/engine/tree_cold_fixture.hpp"
#include "tests/support/damage.hpp"

namespace coppice::engine {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TreeColdDiskTest : public TreeColdFixture {};

TEST_P(TreeColdDiskTest, WithoutItsColdDirectoryATreeDoesNotOpenAndChangesNothing) {
  put(0, 300);
  ok(stand.compact());
  put(0, 20);
  stand.drop();
  const auto before = contents();

  stand.cold_directory.clear();
  const Status none = stand.open();
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Errc::invalid_argument);
  EXPECT_THAT(none.error().text, AllOf(HasSubstr("/tree"), HasSubstr("cold_directory")));
  EXPECT_EQ(contents(), before);

  stand.cold_directory = "/slow/tree";
  disks.mount(false);
  const Status unmounted = stand.open();
  ASSERT_FALSE(unmounted.ok());
  EXPECT_EQ(unmounted.error().code, Errc::io_error);
  EXPECT_THAT(unmounted.error().text, AllOf(HasSubstr("/slow/tree"), HasSubstr("mounted")));
  EXPECT_EQ(disks.made_unmounted(), 0u);
  disks.mount(true);
  EXPECT_EQ(contents(), before);

  ok(stand.open());
  expect_all_well();
}

// Not even a tree that has nothing there yet begins to fill the disk below.
TEST_P(TreeColdDiskTest, NothingIsMadeWhereADiskIsNotMounted) {
  disks.mount(false);
  stand.drop();
  stand.cold_directory = "/slow/shards/tree";
  const Status opened = stand.open();
  EXPECT_EQ(opened.error().code, Errc::io_error);
  EXPECT_THAT(opened.error().text, AllOf(HasSubstr("/slow/shards"), HasSubstr("mounted")));
  EXPECT_EQ(disks.made_unmounted(), 0u);
}

TEST_P(TreeColdDiskTest, ADiskThatIsGoneWhileTheTreeIsOpenStopsMergesAndNotWrites) {
  put(0, 300);
  ok(stand.compact());
  disks.mount(false);
  put(1000, 1010);
  ok(stand.tree->seal_memtable());
  while (auto job = stand.tree->plan_flush({})) ok(stand.finish(std::move(job)));
  const Status merged = stand.compact();
  EXPECT_FALSE(merged.ok());
  EXPECT_FALSE(stand.tree->broken());
  EXPECT_EQ(disks.made_unmounted(), 0u);
  EXPECT_EQ(stand.get(key_of(1000)), expected[key_of(1000)]);
  disks.mount(true);
  ok(stand.compact());
  expect_all_well();
}

TEST_P(TreeColdDiskTest, TheColdDirectoryMayBeMovedWhileTheTreeIsClosed) {
  put(0, 300);
  ok(stand.compact());
  ok(stand.tree->close());
  stand.drop();
  ok(memory.make_directory("/other/place"));
  for (const std::string& name : cold()) {
    overwrite(memory, "/other/place/" + name, memory.content("/slow/tree/" + name));
    ok(memory.remove("/slow/tree/" + name));
  }
  stand.cold_directory = "/other/place";
  ok(stand.open());
  EXPECT_EQ(stand.items(), expected);
  put(0, 300);
  ok(stand.compact());
  EXPECT_EQ(stand.items(), expected);
  EXPECT_THAT(cold(), IsEmpty());
}

TEST_P(TreeColdDiskTest, AFullColdDiskLeavesTheTreeAsItWasUntilThereIsRoom) {
  put(0, 300);
  ok(stand.compact());
  const auto before = cold();
  for (const uint64_t room : {0u, 1000u, 8000u}) {
    disks.set_room(room);
    put(0, 100);
    const Status full = stand.compact();
    ASSERT_FALSE(full.ok()) << room;
    EXPECT_EQ(full.error().code, Errc::out_of_space);
    EXPECT_THAT(full.error().text, HasSubstr("/slow/tree/"));
    EXPECT_FALSE(stand.tree->broken());
    EXPECT_EQ(cold(), before) << "what could not be finished is left";
    expect_all_well();
  }
  disks.set_room(UINT64_MAX);
  ok(stand.compact());
  EXPECT_THAT(hot(), IsEmpty());
  expect_all_well();
}

TEST_P(TreeColdDiskTest, WhileTheColdDiskIsFullTablesStayHotAndThatIsSaid) {
  put(0, 300);
  ok(stand.compact());
  EXPECT_FALSE(stand.tree->stats().cold_full);
  disks.set_room(0);
  size_t failures = 0;
  for (int number = 0; number < 3000; ++number) {
    put(number % 900);
    if (!stand.tree->memtable_full()) continue;
    const Status done = stand.catch_up();
    if (done.ok()) continue;
    EXPECT_EQ(done.error().code, Errc::out_of_space);
    ++failures;
    ok(stand.catch_up());
  }
  // No time has passed.
  EXPECT_EQ(failures, 1u);
  EXPECT_TRUE(stand.tree->stats().cold_full);
  EXPECT_GT(stand.tree->stats().levels.back().tables, tables_in(cold()));
  EXPECT_FALSE(stand.tree->frees_with_time());
  expect_all_well();

  clock.pass(kMinuteMs);
  EXPECT_TRUE(stand.tree->frees_with_time());
  EXPECT_EQ(stand.catch_up().error().code, Errc::out_of_space);
  EXPECT_TRUE(stand.tree->stats().cold_full);
  disks.set_room(UINT64_MAX);
  ok(stand.catch_up());
  EXPECT_GT(stand.tree->stats().levels.back().tables, tables_in(cold()));
  clock.pass(kMinuteMs);
  ok(stand.catch_up());
  EXPECT_FALSE(stand.tree->stats().cold_full);
  EXPECT_EQ(stand.tree->stats().levels.back().tables, tables_in(cold()));
  expect_all_well();
}

// The tree's own disk may be full as well, and that says nothing of the other.
TEST_P(TreeColdDiskTest, AFullDiskOfTheTreesOwnDoesNotKeepTablesFromTheColdOne) {
  put(0, 300);
  ok(stand.tree->seal_memtable());
  memory.set_room(100);
  EXPECT_EQ(stand.finish(stand.tree->plan_flush({})).error().code, Errc::out_of_space);
  memory.heal();
  EXPECT_FALSE(stand.tree->stats().cold_full);
  ok(stand.compact());
  EXPECT_THAT(hot(), IsEmpty());
  expect_all_well();
}

// Level 0 takes what is flushed, and some keys of a full memtable would else be merged on their way.
TEST_P(TreeColdDiskTest, AFullColdDiskDoesNotKeepMemtablesFromBeingFlushed) {
  put(0, 900);
  ok(stand.compact());
  disks.set_room(0);
  for (int number = 0; !stand.tree->memtable_full(); ++number) put(number % 900);
  ok(stand.flush());
  expect_all_well();
}

TEST_P(TreeColdDiskTest, OrphansAreRemovedFromEitherDirectoryAndNothingElseIs) {
  put(0, 300);
  ok(stand.compact());
  put(300, 350);
  ok(stand.flush());
  ok(stand.tree->close());
  stand.drop();
  const std::string taken = cold().front();
  const std::string orphan = table_file_name(900);
  const std::string orphan_values = value_file_name(950);
  for (const std::string& name : {orphan, orphan_values, std::string("notes.txt"), std::string("000960.log")})
    overwrite(memory, "/slow/tree/" + name, "?");
  for (const std::string& name : {orphan, taken}) overwrite(memory, "/tree/" + name, "?");
  const auto notes = verify().notes;
  EXPECT_EQ(notes.size(), 4u);
  EXPECT_THAT(notes, Contains(HasSubstr("/slow/tree/" + orphan)));
  EXPECT_THAT(notes, Contains(HasSubstr("/tree/" + taken)));

  ok(stand.open());
  EXPECT_THAT(*memory.list("/slow/tree"),
              AllOf(Contains("notes.txt"), Contains("000960.log"), Contains(taken)));
  EXPECT_THAT(cold(), Not(Contains(orphan)));
  EXPECT_THAT(cold(), Not(Contains(orphan_values)));
  EXPECT_THAT(hot(), Not(Contains(orphan)));
  EXPECT_THAT(hot(), Not(Contains(taken)));
  expect_all_well();
  // Numbers go on behind them, as a job that nobody knows of might still write.
  put(0, 10);
  ok(stand.flush());
  EXPECT_THAT(hot(), Contains(::testing::Gt(orphan_values)));
}

TEST_P(TreeColdDiskTest, HalvesOfASplitShareTheFilesOnBothDisks) {
  put(0, 600);
  ok(stand.compact());
  put(250, 350);
  ok(stand.flush());
  const Status split = stand.tree->split(key_of(300), {"/left", "/slow/left"}, {"/right", "/slow/right"});
  ASSERT_TRUE(split.ok()) << to_string(split.error());
  EXPECT_THAT(files_in("/slow/left"), Not(IsEmpty()));
  EXPECT_THAT(files_in("/right"), Not(IsEmpty()));
  memory.crash();
  stand.drop();
  ok(memory.remove_tree("/tree"));
  ok(memory.remove_tree("/slow/tree"));
  TreeStand::Items found;
  for (const std::string name : {"left", "right"}) {
    TreeStand half(disks, "/" + name);
    half.cold_directory = "/slow/" + name;
    half.keys = stand.keys;
    half.options = stand.options;
    const Status opened = half.open();
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    found.merge(half.items());
    EXPECT_THAT(half.reader->verify({})->problems, IsEmpty());
    ok(half.compact());
    (void)half.get("k");
    EXPECT_FALSE(half.tree->plan_flush({}));
    EXPECT_THAT(files_in("/" + name), IsEmpty());
    EXPECT_THAT(half.reader->verify({})->problems, IsEmpty());
  }
  EXPECT_EQ(found, expected);
}

TEST_P(TreeColdDiskTest, VerifyingFindsWhatIsDamagedOrMissingInTheColdDirectory) {
  put(0, 300);
  ok(stand.compact());
  ok(stand.tree->close());
  stand.drop();
  EXPECT_THAT(verify().problems, IsEmpty());
  const VerifyReport whole = verify();
  const Bytes manifest = memory.content("/tree/MANIFEST");
  for (const std::string& name : cold()) {
    const std::string path = "/slow/tree/" + name;
    const Bytes content = memory.content(path);
    memory.flip_bit(path, 8 * 20);
    EXPECT_THAT(verify().problems, Contains(HasSubstr(path)));
    ok(memory.remove(path));
    EXPECT_THAT(verify().problems, Contains(HasSubstr(path)));
    overwrite(memory, path, content);
  }
  // Every table says itself what is in it.
  ok(memory.remove("/tree/MANIFEST"));
  const VerifyReport alone = verify();
  EXPECT_EQ(alone.tables, whole.tables);
  EXPECT_EQ(alone.values, whole.values);
  EXPECT_THAT(alone.problems, Each(HasSubstr("MANIFEST")));
  overwrite(memory, "/tree/MANIFEST", manifest);

  stand.cold_directory.clear();
  VerifyReport report;
  EXPECT_EQ(verify_tree(stand.env(), "/tree", {}, report).error().code, Errc::invalid_argument);
}

TEST_P(TreeColdDiskTest, WhatLiesThereIsKnownWithoutOpening) {
  put(0, 300);
  ok(stand.compact());
  const TreeStats stats = stand.tree->stats();
  ok(stand.tree->close());
  stand.drop();
  stand.cold_directory.clear();
  const auto files = Tree::cold_files(stand.env(), "/tree");
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->count, stats.cold.count);
  EXPECT_EQ(files->size, stats.cold.size);
}

INSTANTIATE_TEST_SUITE_P(Trees, TreeColdDiskTest, ::testing::Bool(), cold_name);

}  // namespace
}  // namespace coppice::engine
