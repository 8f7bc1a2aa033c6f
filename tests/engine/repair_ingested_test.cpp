// Tables that were ingested, in a tree that is damaged: what is known of their moment, and what is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/file_names.hpp"
#include "engine/mend/inspect.hpp"
#include "engine/mend/repair_tree.hpp"
#include "engine/mend/verify_tree.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::engine {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Fate = MendedFile::Fate;
using Items = TreeStand::Items;

struct Make {
  const char* name;
  KeyRing keys;
};

class RepairIngestedTest : public ::testing::TestWithParam<Make> {
protected:
  RepairIngestedTest() {
    stand.keys = GetParam().keys;
    ok(stand.create());
    ok(stand.open());
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  void flush(const Bytes& key, const Bytes& value) {
    ok(stand.put(key, value));
    ok(stand.flush());
  }
  /// Its moment, and the name of the table.
  std::pair<Timestamp, std::string> ingest(const SortedItems& items) {
    const auto before = tables();
    ok(build_file(files, "/sorted", items, {.block_size = 1024, .keys = stand.keys}));
    ok(ingest_file(files, stand, "/sorted"));
    ok(files.remove("/sorted"));
    for (const std::string& name : tables())
      if (std::ranges::find(before, name) == before.end()) return {stand.tree->last_commit(), name};
    ADD_FAILURE() << "no table has come";
    return {};
  }
  std::vector<std::string> tables() {
    const auto all = files.list(stand.directory());
    std::vector<std::string> names;
    for (const std::string& name : *all)
      if (name.ends_with(".sst")) names.push_back(name);
    return names;
  }
  void close() {
    expected = stand.items();
    ok(stand.tree->close());
    stand.drop();
  }
  void lose_manifest() { ok(files.remove(stand.path(std::string(kManifestName)))); }

  RepairReport repair() {
    RepairReport report;
    BlockCache cache(1 << 20);
    RepairOptions with;
    with.tree = stand.options;
    const TreeEnv env{.files = files, .cache = cache, .seed = 5, .keys = stand.keys};
    ok(repair_tree(env, stand.directory(), "/mended", with, report));
    VerifyReport verified;
    ok(verify_tree(env, "/mended", {}, verified));
    EXPECT_THAT(verified.problems, IsEmpty());
    mended.keys = stand.keys;
    ok(mended.open());
    return report;
  }
  static Fate fate_of(const RepairReport& report, const std::string& name) {
    for (const MendedFile& file : report.files)
      if (file.path.ends_with(name)) return file.fate;
    ADD_FAILURE() << "nothing is said of " << name;
    return Fate::lost;
  }
  Timestamp version_of(const Bytes& key) { return mended.reader->get_versioned(key, {})->version; }

  MemoryFileSystem files;
  TreeStand stand{files};
  TreeStand mended{files, "/mended"};
  Items expected;
};

TEST_P(RepairIngestedTest, OneThatIsWholeStaysAsItIs) {
  flush("k", "before");
  const auto [commit, name] = ingest({{"a", "in"}, {"k", "in"}, {"m", "in"}});
  flush("m", "after");
  close();

  const RepairReport report = repair();

  EXPECT_TRUE(report.lost_nothing());
  EXPECT_THAT(report.doubts, IsEmpty());
  EXPECT_EQ(fate_of(report, name), Fate::kept);
  EXPECT_EQ(mended.items(), expected);
  EXPECT_EQ(version_of("a"), commit);
}

TEST_P(RepairIngestedTest, WhatIsLeftOfADamagedOneKeepsItsMoment) {
  flush("k500", "before");
  SortedItems items;
  for (int number = 100; number < 600; ++number) items["k" + std::to_string(number)] = Bytes(50, 'i');
  const auto [commit, name] = ingest(items);
  flush("k599", "after");
  close();
  flip_bit(files, stand.path(name), 40);

  const RepairReport report = repair();

  EXPECT_EQ(fate_of(report, name), Fate::rebuilt);
  EXPECT_EQ(mended.get("k500"), Bytes(50, 'i'));
  EXPECT_EQ(version_of("k500"), commit);
  EXPECT_EQ(mended.get("k599"), "after");
  EXPECT_THAT(mended.items(), Not(IsEmpty()));
  EXPECT_LT(mended.items().size(), expected.size()) << "a block is lost";
}

TEST_P(RepairIngestedTest, WithoutAManifestItHidesNothingThatWasWrittenLaterAndThatIsSaid) {
  flush("k", "before");
  const auto [commit, name] = ingest({{"a", "in"}, {"k", "in"}, {"m", "in"}, {"x", std::nullopt}});
  flush("m", "after");
  flush("x", "after");
  close();
  lose_manifest();

  const RepairReport report = repair();

  EXPECT_EQ(fate_of(report, name), Fate::merged);
  EXPECT_THAT(report.doubts, Contains(HasSubstr(name + ": was ingested, and nothing says when")));
  EXPECT_EQ(mended.items(), expected);
  EXPECT_LE(version_of("a"), commit);
}

TEST_P(RepairIngestedTest, WithoutAManifestTheLaterOfTwoIsNewer) {
  ok(stand.put("z", "beside"));
  ingest({{"a", "1"}, {"b", "1"}});
  ingest({{"b", "2"}, {"c", "2"}});
  close();
  lose_manifest();

  EXPECT_THAT(repair().doubts, Contains(HasSubstr("was ingested")).Times(2));

  EXPECT_EQ(mended.items(), expected);
}

TEST_P(RepairIngestedTest, OneThatMeetsNothingStaysAFileThatWasBuiltOutside) {
  const auto [commit, name] = ingest({{"a", "1"}, {"b", "1"}});
  close();
  lose_manifest();

  EXPECT_EQ(fate_of(repair(), name), Fate::kept);

  EXPECT_EQ(mended.items(), expected);
  ok(mended.put("a", "2"));
  ok(mended.compact());
  EXPECT_EQ(mended.get("a"), "2");
}

TEST_P(RepairIngestedTest, ADamagedOneOfWhichNothingElseIsKnownIsRead) {
  flush("k500", "before");
  SortedItems items;
  for (int number = 100; number < 600; ++number) items["k" + std::to_string(number)] = Bytes(50, 'i');
  const auto [commit, name] = ingest(items);
  flush("k599", "after");
  close();
  lose_manifest();
  flip_bit(files, stand.path(name), 40);

  const RepairReport report = repair();

  EXPECT_THAT(report.doubts, Contains(HasSubstr("was ingested")));
  EXPECT_EQ(mended.get("k500"), Bytes(50, 'i'));
  EXPECT_EQ(mended.get("k599"), "after");
}

TEST_P(RepairIngestedTest, OfOneMomentGuessedAndOneKnownTheKnownIsNewer) {
  flush("b", "1");
  flush("k", "2");
  ingest({{"k", "in"}});
  close();
  lose_manifest();
  // As if a merge had written it after the file was taken in: nothing says any more that it was there before.
  const auto names = tables();
  ASSERT_THAT(names, SizeIs(3));
  ok(files.rename(stand.path(names[1]), stand.path("000099.sst")));

  EXPECT_THAT(repair().doubts, Contains(HasSubstr("was ingested")));

  EXPECT_EQ(mended.get("k"), "2") << "it might have been written later: that is the doubt";
}

TEST_P(RepairIngestedTest, WhatIsLeftOfAManifestIsBelieved) {
  flush("b", "1");
  flush("k", "before");
  const auto [commit, name] = ingest({{"a", "in"}, {"k", "in"}});
  flush("y", "1");
  flush("z", "1");
  close();
  const std::string path = stand.path(std::string(kManifestName));
  std::vector<uint64_t> edits;
  ASSERT_TRUE(inspect_file(files, path, InspectDetail::parts, stand.keys, [&](const Finding& finding) {
                if (finding.kind == "record") edits.push_back(*finding.offset);
                return true;
              }).ok());
  ASSERT_GE(edits.size(), 2u);
  flip_bit(files, path, edits[edits.size() - 2] + 8);

  const RepairReport report = repair();

  EXPECT_THAT(report.doubts, Not(IsEmpty()));
  EXPECT_THAT(report.doubts, Each(Not(HasSubstr("was ingested"))));
  EXPECT_EQ(mended.items(), expected);
  EXPECT_EQ(version_of("a"), commit);
}

TEST_P(RepairIngestedTest, InspectingSaysThatItWasBuiltOutsideAndWhenItCame) {
  const auto [commit, name] = ingest({{"a", "1"}});
  close();
  std::vector<Finding> findings;
  const auto inspect = [&](const std::string& path) {
    findings.clear();
    ASSERT_TRUE(inspect_file(files, path, InspectDetail::summary, stand.keys, [&](const Finding& finding) {
                  findings.push_back(finding);
                  return true;
                }).ok());
  };
  const auto value_of = [&](std::string_view kind, std::string_view field) -> Finding::Value {
    for (const Finding& finding : findings)
      for (const auto& one : finding.fields)
        if (finding.kind == kind && one.name == field) return one.value;
    return "(none)";
  };

  inspect(stand.path(name));
  EXPECT_EQ(std::get<std::string>(value_of("footer", "builtOutside")), "yes");
  inspect(stand.path(std::string(kManifestName)));
  EXPECT_EQ(std::get<uint64_t>(value_of("table", "ingested")), commit.raw);
}

INSTANTIATE_TEST_SUITE_P(Makes, RepairIngestedTest,
                         ::testing::Values(Make{"Plain", {}}, Make{"Encrypted", ring('a')}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace coppice::engine
