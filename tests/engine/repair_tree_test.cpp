// Whatever becomes of a tree's files: what was whole is in the new tree, and nothing that never was.
#include "engine/log/log_reader.hpp"
#include "engine/mend/inspect.hpp"
#include "engine/version/manifest.hpp"
#include "tests/engine/repair_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::IsEmpty;
using Items = TreeStand::Items;
using Fate = MendedFile::Fate;

TEST_P(RepairTreeTest, OfAWholeTreeEverythingIsKept) {
  const RepairReport report = repair();
  EXPECT_TRUE(report.lost_nothing());
  EXPECT_THAT(report.doubts, IsEmpty());
  for (const std::string& name : names_ending(".sst")) EXPECT_EQ(of(report, name).fate, Fate::kept);
  for (const std::string& name : names_ending(".log")) EXPECT_EQ(of(report, name).fate, Fate::copied);
  EXPECT_EQ(mended_items(), expected);
}

TEST_P(RepairTreeTest, MomentsCanBeAskedForWhereNothingOfThemIsLost) {
  const auto history_of = [&](const std::string& directory) {
    const auto manifest = Manifest::read(files, directory, stand.keys);
    EXPECT_TRUE(manifest.ok());
    return manifest.ok() ? manifest->state.history_from : kTimestampMax;
  };
  (void)repair();
  EXPECT_NE(history_of(stand.directory()), kTimestampMin);
  EXPECT_EQ(history_of("/mended"), history_of(stand.directory()));
  ok(files.remove_tree("/mended"));
  flip_bit(files, stand.path(names_ending(".sst").front()), 40);
  (void)repair();
  // The next opening begins it.
  EXPECT_EQ(history_of("/mended"), kTimestampMin);
}

TEST_P(RepairTreeTest, AStrangersFileWithAHugeNumberIsNoPartOfTheTree) {
  for (const bool with_manifest : {true, false}) {
    restore();
    overwrite(files, stand.path(table_file_name(kFileNumberMax)), whole.at(names_ending(".sst").front()));
    if (!with_manifest) ok(files.remove(stand.path(std::string(kManifestName))));
    const RepairReport report = repair();
    EXPECT_TRUE(report.lost_nothing());
    for (const MendedFile& file : report.files)
      EXPECT_FALSE(file.path.ends_with(table_file_name(kFileNumberMax)));
    compare(mended_items(), report);
  }
}

TEST_P(RepairTreeTest, TheSourceStaysAsItIs) {
  flip_bit(files, stand.path(names_ending(".sst").front()), 40);
  const auto before = contents(stand.directory());
  (void)repair();
  (void)mended_items();
  EXPECT_EQ(contents(stand.directory()), before);
}

TEST_P(RepairTreeTest, ADryRunSaysTheSameAndWritesNothing) {
  flip_bit(files, stand.path(names_ending(".sst").front()), 40);
  const RepairReport dry = repair(true);
  const auto there = files.exists("/mended");
  EXPECT_FALSE(*there);
  const RepairReport real = repair();
  ASSERT_EQ(dry.files.size(), real.files.size());
  for (size_t i = 0; i < dry.files.size(); ++i) {
    EXPECT_EQ(dry.files[i].path, real.files[i].path);
    EXPECT_EQ(dry.files[i].fate, real.files[i].fate);
    EXPECT_EQ(dry.files[i].count, real.files[i].count);
    EXPECT_EQ(dry.files[i].lost, real.files[i].lost);
  }
}

TEST_P(RepairTreeTest, ANameThatIsTakenIsRefused) {
  ok(files.make_directory("/mended"));
  RepairReport report;
  const Status refused = repair_tree(stand.env(), stand.directory(), "/mended", {}, report);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::in_use);
}

TEST_P(RepairTreeTest, EveryFileMayBeDamagedInEveryWay) {
  for (const auto& [name, content] : whole) {
    if (name == kLockName) continue;
    const std::string path = stand.path(name);
    for (size_t part = 0; part < 12; ++part) {
      SCOPED_TRACE(name + ", part " + std::to_string(part));
      if (part < 8) flip_bit(files, path, part * (content.size() - 1) / 7);
      if (part == 8) truncate(files, path, content.size() / 2);
      if (part == 9) truncate(files, path, content.size() - 1);
      if (part == 10) truncate(files, path, 0);
      if (part == 11) ok(files.remove(path));
      const RepairReport report = repair();
      compare(mended_items(), report);
      restore();
      if (HasFailure()) return;
    }
  }
}

TEST_P(RepairTreeTest, OfADamagedBlockTheOthersAreSaved) {
  const std::string name = names_ending(".sst").front();
  flip_bit(files, stand.path(name), 40);
  const RepairReport report = repair();
  const MendedFile& file = of(report, name);
  EXPECT_EQ(file.fate, Fate::rebuilt);
  EXPECT_GT(file.count, 0u);
  EXPECT_EQ(file.lost.size(), 1u);
  compare(mended_items(), report);
}

TEST_P(RepairTreeTest, WithoutAManifestEachKeyHasItsNewestValue) {
  ok(files.remove(stand.path(std::string(kManifestName))));
  const RepairReport report = repair();
  EXPECT_FALSE(report.doubts.empty());
  EXPECT_TRUE(report.lost_nothing());
  EXPECT_EQ(mended_items(), expected);
}

TEST_P(RepairTreeTest, WithoutAManifestLogsThatTablesHaveOvertakenAreNoNewerThanThey) {
  // The log of the last round, as if a crash had come before it was removed.
  const std::map<std::string, Bytes> before = whole;
  restore();
  ok(stand.open());
  for (int number = 0; number < 300; number += 3) put("k" + std::to_string(1000 + number), "the newest");
  ok(stand.remove("k1003"));
  ok(stand.compact());
  ok(stand.put("k1002", "in the last log"));
  ever["k1002"].insert("in the last log");
  close();
  for (const auto& [name, content] : before)
    if (name.ends_with(".log")) overwrite(files, stand.path(name), content);
  ok(files.remove(stand.path(std::string(kManifestName))));
  const RepairReport report = repair();
  Items items = mended_items();
  // Its tombstone was dropped at the bottom, so nothing says any more that it was deleted: that is the doubt.
  items.erase("k1003");
  EXPECT_EQ(items, expected);
  EXPECT_FALSE(report.doubts.empty());
}

TEST_P(RepairTreeTest, TablesThatTheManifestRemovedStayAway) {
  ok(stand.open());
  const auto before = whole;
  ok(stand.remove("k1200"));
  ok(stand.compact());
  put("z1", "1");
  ok(stand.flush());
  put("z2", "2");
  ok(stand.flush());
  close();
  ASSERT_FALSE(expected.contains("k1200"));
  // As if a crash had come before they were removed.
  std::vector<std::string> replaced;
  for (const auto& [name, content] : before) {
    if (!name.ends_with(".sst") || whole.contains(name)) continue;
    overwrite(files, stand.path(name), content);
    replaced.push_back(name);
  }
  ASSERT_FALSE(replaced.empty());
  // What was edited before that is read; the rest of the manifest is not.
  std::vector<uint64_t> edits;
  const std::string path = stand.path(std::string(kManifestName));
  ASSERT_TRUE(inspect_file(files, path, InspectDetail::parts, stand.keys, [&](const Finding& finding) {
                if (finding.kind == "record") edits.push_back(*finding.offset);
                return true;
              }).ok());
  ASSERT_GE(edits.size(), 2u);
  flip_bit(files, path, edits[edits.size() - 2] + 8);
  const RepairReport report = repair();
  EXPECT_FALSE(report.doubts.empty());
  for (const std::string& name : replaced) EXPECT_EQ(of(report, name).fate, Fate::left_out);
  EXPECT_EQ(mended_items(), expected);
}

TEST_P(RepairTreeTest, ALogIsReadUpToItsDamageAndTheNextOnesToo) {
  ok(stand.open());
  put("l1", "one");
  put("l2", "two");
  ok(stand.tree->seal_memtable());
  put("m1", "three");
  close();
  // The last record of the first log that has two.
  std::string damaged;
  uint64_t offset = 0;
  for (const std::string& name : names_ending(".log")) {
    auto reader = LogReader::open(files, stand.path(name), parse_file_name(name)->number, stand.keys);
    ASSERT_TRUE(reader.ok());
    uint64_t count = 0;
    for (auto record = reader->next(); *record; record = reader->next()) {
      ++count;
      if (damaged.empty() || damaged == name) offset = reader->record_offset();
    }
    if (damaged.empty() && count == 2) damaged = name;
  }
  ASSERT_FALSE(damaged.empty());
  flip_bit(files, stand.path(damaged), offset + 8);
  const RepairReport report = repair();
  EXPECT_FALSE(report.lost_nothing());
  const Items items = mended_items();
  EXPECT_TRUE(items.contains("l1"));
  EXPECT_FALSE(items.contains("l2"));
  EXPECT_TRUE(items.contains("m1"));
}

TEST_P(RepairTreeTest, ARangeThatIsGivenIsTheTreesOwn) {
  RepairReport report;
  RepairOptions with;
  with.range = KeyRange{"k1050", "k1060"};
  ok(repair_tree(stand.env(), stand.directory(), "/mended", with, report));
  TreeStand mended(files, "/mended");
  mended.keys = stand.keys;
  ok(mended.open());
  for (const auto& [key, value] : mended.items()) EXPECT_TRUE(with.range->contains(key));
  EXPECT_EQ(mended.items().size(), 10u);
}

TEST_P(RepairTreeTest, EndsWhenItIsToldToAndWhatItLeftDoesNotOpen) {
  RepairReport report;
  RepairOptions with;
  int asked = 0;
  with.go_on = [&] { return ++asked < 2; };
  const Status ended = repair_tree(stand.env(), stand.directory(), "/mended", with, report);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, Errc::cancelled);
  EXPECT_FALSE(TreeStand(files, "/mended").open().ok());
}

TEST_P(RepairTreeTest, ALogThatLostItsEndIsToldByTheNext) {
  ok(stand.open());
  put("l1", "one");
  put("l2", "two");
  ok(stand.tree->seal_memtable());
  ASSERT_TRUE(stand.put("m1", "three", Durability::synced).ok());
  ever["m1"].insert("three");
  ASSERT_TRUE(stand.put("m2", "four", Durability::synced).ok());
  ever["m2"].insert("four");
  expected = stand.items();
  stand.drop();
  // In the newest a record says that the one before was on the disk.
  std::vector<std::string> written;
  auto names = files.list(stand.directory());
  std::ranges::sort(*names);
  for (const std::string& name : *names) {
    if (!name.ends_with(".log")) continue;
    auto reader = LogReader::open(files, stand.path(name), parse_file_name(name)->number, stand.keys);
    ASSERT_TRUE(reader.ok());
    if (const auto record = reader->next(); record.ok() && *record) written.push_back(name);
  }
  ASSERT_GE(written.size(), 2u);
  const std::string path = stand.path(written[written.size() - 2]);
  truncate(files, path, stand.keys.current() == 0 ? kLogHeaderSize : kSealedLogHeaderSize);
  const RepairReport report = repair();
  EXPECT_FALSE(report.lost_nothing());
  const Items items = mended_items();
  EXPECT_FALSE(items.contains("l1"));
  EXPECT_TRUE(items.contains("m1"));
  EXPECT_TRUE(items.contains("m2"));
}

INSTANTIATE_TEST_SUITE_P(Makes, RepairTreeTest,
                         ::testing::Values(Make{"Plain", 0, {}}, Make{"ValuesApart", 64, {}},
                                           Make{"Encrypted", 64, ring('a')}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace coppice::engine
