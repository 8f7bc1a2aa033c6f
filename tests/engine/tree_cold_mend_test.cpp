// A tree on two disks, copied, looked into and mended.
#include "engine/mend/inspect.hpp"
#include "engine/mend/repair_tree.hpp"
#include "tests/engine/tree_cold_fixture.hpp"
#include "tests/support/damage.hpp"

namespace coppice::engine {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Fate = MendedFile::Fate;

class TreeColdMendTest : public TreeColdFixture {
protected:
  TreeColdMendTest() {
    put(0, 600);
    ok(stand.compact());
    put(100, 150);
    ok(stand.flush());
    put(5000, 5010);
  }
  void close() {
    ok(stand.tree->close());
    stand.drop();
  }
  Status repair(const std::string& cold_directory, RepairReport& report) {
    BlockCache fresh{1 << 20};
    const TreeEnv env{
        .files = disks, .cache = fresh, .seed = 7, .keys = stand.keys, .cold_directory = cold_directory};
    RepairOptions options;
    options.tree = stand.options;
    return repair_tree(env, "/tree", "/mended", options, report);
  }
  RepairReport repair() {
    RepairReport report;
    ok(repair("/slow/tree", report));
    return report;
  }
  /// Of a tree that has nothing but its own directory.
  TreeStand::Items items_of(const std::string& directory) {
    disks.mount(false);
    TreeStand other(disks, directory);
    other.keys = stand.keys;
    other.options = stand.options;
    other.wall = &clock;
    if (const Status opened = other.open(); !opened.ok()) {
      ADD_FAILURE() << to_string(opened.error());
      disks.mount(true);
      return {};
    }
    EXPECT_EQ(other.tree->stats().cold.count, 0u);
    EXPECT_THAT(other.reader->verify({})->problems, IsEmpty());
    auto found = other.items();
    EXPECT_TRUE(other.tree->close().ok());
    disks.mount(true);
    return found;
  }
  std::string cold_path(std::string_view end) {
    for (const std::string& name : cold())
      if (name.ends_with(end)) return "/slow/tree/" + name;
    return "";
  }
};

TEST_P(TreeColdMendTest, ACheckpointNeedsNoSecondDirectory) {
  ok(stand.tree->checkpoint("/copy"));
  expect_all_well();
  put(0, 50);
  ok(stand.compact());
  expect_all_well();
  const auto later = expected;
  stand.drop();
  memory.crash();
  auto then = items_of("/copy");
  EXPECT_EQ(then.size(), later.size());
  EXPECT_NE(then, later);
  for (int number = 0; number < 50; ++number) then[key_of(number)] = later.at(key_of(number));
  EXPECT_EQ(then, later);
}

TEST_P(TreeColdMendTest, ARepairPutsAllInOnePlace) {
  close();
  EXPECT_TRUE(repair().lost_nothing());
  EXPECT_EQ(items_of("/mended"), expected);
}

TEST_P(TreeColdMendTest, WhatIsDamagedInTheColdDirectoryIsToldByItsKeys) {
  const std::string path = cold_path(".sst");
  close();
  flip_bit(memory, path, 8 * 100);
  const RepairReport report = repair();
  EXPECT_FALSE(report.lost_nothing());
  EXPECT_THAT(report.files,
              Contains(AllOf(Field(&MendedFile::path, path), Field(&MendedFile::fate, Fate::rebuilt),
                             Field(&MendedFile::lost, Not(IsEmpty())))));
  const auto found = items_of("/mended");
  EXPECT_LT(found.size(), expected.size());
  EXPECT_GT(found.size(), expected.size() / 2);
  for (const auto& [key, value] : found) EXPECT_EQ(value, expected[key]);
}

TEST_P(TreeColdMendTest, WithoutAManifestWhatLiesThereIsFoundAllTheSame) {
  close();
  ok(memory.remove("/tree/MANIFEST"));
  const RepairReport report = repair();
  EXPECT_THAT(report.doubts, Not(IsEmpty()));
  EXPECT_EQ(items_of("/mended"), expected);
}

TEST_P(TreeColdMendTest, ADirectoryThatIsOnlyForgottenIsNotTakenForLost) {
  close();
  RepairReport report;
  const Status refused = repair("", report);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_THAT(refused.error().text, AllOf(HasSubstr("/tree"), HasSubstr("cold directory")));
  EXPECT_FALSE(*memory.exists("/mended"));
}

TEST_P(TreeColdMendTest, WhereItIsLostTheRestIsSaved) {
  close();
  ok(memory.make_directory("/slow/new"));
  RepairReport report;
  ok(repair("/slow/new", report));
  EXPECT_FALSE(report.lost_nothing());
  const auto found = items_of("/mended");
  for (const auto& [key, value] : found) EXPECT_EQ(value, expected[key]);
  EXPECT_EQ(found.size(), 60u);
  EXPECT_EQ(found.count(key_of(50)), 0u);
}

TEST_P(TreeColdMendTest, FilesThatSomebodyPutIntoTheOtherDirectoryAreFound) {
  const auto names = cold();
  close();
  for (const std::string& name : names) {
    overwrite(memory, "/tree/" + name, memory.content("/slow/tree/" + name));
    ok(memory.remove("/slow/tree/" + name));
  }
  EXPECT_THAT(verify().problems, Not(IsEmpty()));
  const RepairReport report = repair();
  EXPECT_TRUE(report.lost_nothing());
  EXPECT_THAT(report.files, Not(Contains(Field(&MendedFile::fate, Fate::left_out))));
  EXPECT_EQ(items_of("/mended"), expected);
}

TEST_P(TreeColdMendTest, AManifestTellsWhichFilesAreCold) {
  const size_t files = cold().size();
  close();
  size_t told = 0;
  const auto damaged =
      inspect_file(disks, "/tree/MANIFEST", InspectDetail::summary, stand.keys, [&](const Finding& finding) {
        for (const Finding::Field& field : finding.fields) told += field.name == "cold" ? 1 : 0;
        return true;
      });
  ASSERT_TRUE(damaged.ok());
  EXPECT_EQ(told, files);
}

INSTANTIATE_TEST_SUITE_P(Trees, TreeColdMendTest, ::testing::Bool(), cold_name);

}  // namespace
}  // namespace coppice::engine
