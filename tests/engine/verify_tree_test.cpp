// What is wrong in a tree's directory is found, named, and left as it is.
#include "engine/mend/verify_tree.hpp"

#include <gmock/gmock.h>

#include "engine/io/file_names.hpp"
#include "engine/version/manifest.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class VerifyTreeTest : public ::testing::Test {
protected:
  VerifyTreeTest() {
    ok(stand.create());
    ok(stand.open());
    for (int round = 0; round < 3; ++round) {
      for (int number = round; number < 200; number += round + 1)
        ok(stand.put("k" + std::to_string(1000 + number), "value " + std::to_string(round)));
      if (round == 1) ok(stand.delete_range("k1100", "k1110"));
      if (round == 0) ok(stand.compact());
      if (round == 1) ok(stand.flush());
    }
    ok(stand.tree->close());
    stand.drop();
  }

  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  VerifyReport verify(const std::optional<KeyRange>& range = {}) {
    VerifyReport report;
    VerifyTreeOptions with;
    with.range = range;
    ok(verify_tree(stand.env(), stand.directory(), with, report));
    return report;
  }
  std::vector<std::string> names() {
    auto listed = files.list(stand.directory());
    return listed.ok() ? *listed : std::vector<std::string>();
  }
  std::string name_ending(std::string_view end) {
    for (const std::string& name : names())
      if (name.ends_with(end)) return name;
    return "";
  }
  ManifestState manifest() { return Manifest::read(files, stand.directory())->state; }
  void write_manifest(ManifestState state) {
    ok(Manifest::create(files, stand.directory(), std::move(state), 7, {}).status());
  }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_F(VerifyTreeTest, CountsEverythingAndFindsNothingWrongInAWholeTree) {
  const VerifyReport report = verify();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_EQ(report.tables, manifest().tables.size());
  EXPECT_GE(report.logs, 1u);
  EXPECT_GE(report.records, 66u);
  EXPECT_GE(report.entries, 200u);
}

TEST_F(VerifyTreeTest, ReadsValuesThatLieApart) {
  stand.options.value_threshold = 100;
  ok(stand.open());
  for (int number = 0; number < 20; ++number) ok(stand.put("v" + std::to_string(number), Bytes(300, 'v')));
  ok(stand.flush());
  ok(stand.tree->close());
  stand.drop();
  VerifyReport report = verify();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.values, 20u);
  // Tables say themselves what they refer to.
  const Bytes manifest = files.content(stand.path("MANIFEST"));
  ok(files.remove(stand.path("MANIFEST")));
  EXPECT_THAT(verify().problems, Each(HasSubstr("MANIFEST")));
  EXPECT_EQ(verify().values, 20u);

  const std::string name = name_ending(".val");
  flip_bit(files, stand.path(name), 2000);
  EXPECT_THAT(verify().problems, Contains(HasSubstr(name)));
  overwrite(files, stand.path("MANIFEST"), manifest);
  EXPECT_THAT(verify().problems, Contains(HasSubstr(name)));
  ok(files.remove(stand.path(name)));
  EXPECT_THAT(verify().problems, Contains(HasSubstr(name + ": the value file is missing")));
}

TEST_F(VerifyTreeTest, ChangesNoFile) {
  std::map<std::string, Bytes> before;
  for (const std::string& name : names()) before[name] = files.content(stand.path(name));
  flip_bit(files, stand.path(name_ending(".sst")), 30);
  before[name_ending(".sst")] = files.content(stand.path(name_ending(".sst")));
  EXPECT_THAT(verify().problems, Not(IsEmpty()));
  std::map<std::string, Bytes> after;
  for (const std::string& name : names()) after[name] = files.content(stand.path(name));
  EXPECT_EQ(before, after);
}

TEST_F(VerifyTreeTest, NamesEveryFileThatIsDamagedOrMissing) {
  for (const std::string& name : names()) {
    if (name == kLockName) continue;
    const std::string path = stand.path(name);
    const Bytes whole = files.content(path);
    for (const int way : {0, 1, 2}) {
      if (way == 0) flip_bit(files, path, whole.size() / 2);
      if (way == 1) truncate(files, path, whole.size() / 2);
      if (way == 2) ok(files.remove(path));
      EXPECT_THAT(verify().problems, Contains(HasSubstr(name))) << name << ", way " << way;
      overwrite(files, path, whole);
    }
  }
  EXPECT_THAT(verify().problems, IsEmpty());
}

TEST_F(VerifyTreeTest, FindsEveryTableThatIsDamagedNotOnlyTheFirst) {
  std::vector<std::string> damaged;
  for (const std::string& name : names()) {
    if (!name.ends_with(".sst")) continue;
    flip_bit(files, stand.path(name), 20);
    damaged.push_back(name);
  }
  ASSERT_GE(damaged.size(), 2u);
  const auto problems = verify().problems;
  for (const std::string& name : damaged) EXPECT_THAT(problems, Contains(HasSubstr(name)));
}

TEST_F(VerifyTreeTest, ReadsTablesAndLogsAlsoWhereTheManifestIsGone) {
  ok(files.remove(stand.path(std::string(kManifestName))));
  const std::string table = name_ending(".sst");
  flip_bit(files, stand.path(table), 20);
  const VerifyReport report = verify();
  EXPECT_THAT(report.problems, Contains(HasSubstr("MANIFEST")));
  EXPECT_THAT(report.problems, Contains(HasSubstr(table)));
  EXPECT_GE(report.records, 66u);
}

TEST_F(VerifyTreeTest, LevelsInTheWrongOrderAreAProblemThoughEveryTableIsWhole) {
  ManifestState state = manifest();
  // What was merged to the bottom is said to be what was flushed last, and the other way round.
  for (auto& [number, added] : state.tables) added.level = added.level == 0 ? 6 : 5;
  write_manifest(state);
  EXPECT_THAT(verify().problems, Contains(AllOf(HasSubstr(".sst"), HasSubstr("k1"), HasSubstr("older"))));
}

TEST_F(VerifyTreeTest, ARangeDeleteBelowAnOlderVersionIsAProblem) {
  ok(stand.open());
  ok(stand.compact());
  ok(stand.put("k5000", "old"));
  ok(stand.flush());
  ok(stand.delete_range("k5", "k6"));
  ok(stand.flush());
  ok(stand.tree->close());
  stand.drop();
  EXPECT_THAT(verify().problems, IsEmpty());
  ManifestState state = manifest();
  for (auto& [number, added] : state.tables)
    added.level = added.table.range_delete_count > 0 ? 6 : std::min(added.level, 5u);
  write_manifest(state);
  EXPECT_THAT(verify().problems, Contains(HasSubstr("k5000")));
}

TEST_F(VerifyTreeTest, WhatTheManifestSaysOfATableMustBeWhatItHolds) {
  const ManifestState whole = manifest();
  const auto with = [&](auto&& change) {
    ManifestState state = whole;
    change(state.tables.begin()->second.table);
    write_manifest(state);
    return verify().problems;
  };
  const auto names_it = Contains(HasSubstr(table_file_name(whole.tables.begin()->first)));
  EXPECT_THAT(with([](TableMeta& meta) { ++meta.entry_count; }), names_it);
  EXPECT_THAT(with([](TableMeta& meta) { ++meta.delete_count; }), names_it);
  EXPECT_THAT(with([](TableMeta& meta) { meta.oldest = Timestamp{meta.oldest.raw - 1}; }), names_it);
  EXPECT_THAT(with([](TableMeta& meta) { ++meta.newest.raw; }), names_it);
  EXPECT_THAT(with([](TableMeta& meta) { meta.bounds.end = "k1050"; }), names_it);
  EXPECT_THAT(with([](TableMeta& meta) { ++meta.unique_id; }), names_it);
  EXPECT_THAT(with([](TableMeta& meta) {
                meta.cleared = {{{"k1010", "k1020"}, meta.oldest, meta.newest}};
              }),
              names_it);
}

TEST_F(VerifyTreeTest, ARangeThatIsNotTheStoresIsAProblem) {
  EXPECT_THAT(verify(KeyRange{}).problems, IsEmpty());
  EXPECT_THAT(verify(KeyRange{"a", "z"}).problems, ElementsAre(HasSubstr("MANIFEST")));
}

TEST_F(VerifyTreeTest, WhatTheNextOpeningRemovesIsANote) {
  overwrite(files, stand.path(table_file_name(999)), "half a table");
  const VerifyReport report = verify();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr(table_file_name(999))));
}

TEST_F(VerifyTreeTest, EndsWhenItIsToldTo) {
  VerifyReport report;
  VerifyTreeOptions with;
  with.go_on = [](const VerifyReport& so_far) { return so_far.tables < 1; };
  const Status ended = verify_tree(stand.env(), stand.directory(), with, report);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, Errc::cancelled);
  EXPECT_EQ(report.tables, 1u);
}

}  // namespace
}  // namespace coppice::engine
