// Values that lie apart, and trees that are encrypted, repaired.
#include "tests/engine/repair_fixture.hpp"

namespace coppice::engine {
namespace {

using Fate = MendedFile::Fate;

/// Values apart, and a key where `ring` says so.
class RepairValuesTest : public RepairTreeTest {};
INSTANTIATE_TEST_SUITE_P(Makes, RepairValuesTest,
                         ::testing::Values(Make{"ValuesApart", 64, {}}, Make{"Encrypted", 64, ring('a')}),
                         [](const auto& made) { return made.param.name; });

TEST_P(RepairValuesTest, OfAValueThatIsDamagedItsKeyIsLostAndNoOther) {
  const std::string name = names_ending(".val").front();
  flip_bit(files, stand.path(name), 20);
  const RepairReport report = repair();
  EXPECT_EQ(of(report, name).fate, Fate::kept);
  EXPECT_EQ(of(report, name).problems.size(), 1u);
  size_t lost = 0;
  for (const MendedFile& file : report.files)
    for (const KeyRange& range : file.lost) {
      ++lost;
      EXPECT_EQ(range.end, range.begin + '\0');
    }
  EXPECT_EQ(lost, 1u);
  compare(mended_items(), report);
}

TEST_P(RepairValuesTest, AFileWithoutItsEndGivesItsValuesBackIfTheyAreNotEncrypted) {
  const std::string name = names_ending(".val").front();
  truncate(files, stand.path(name), whole.at(name).size() - 1);
  const RepairReport report = repair();
  if (stand.keys.current() == 0) {
    EXPECT_EQ(of(report, name).fate, Fate::merged);
    EXPECT_TRUE(report.lost_nothing());
    EXPECT_EQ(mended_items(), expected);
  } else {
    EXPECT_EQ(of(report, name).fate, Fate::lost);
    EXPECT_FALSE(report.lost_nothing());
    compare(mended_items(), report);
  }
}

TEST_P(RepairValuesTest, AnotherFileInItsPlaceIsNotBelieved) {
  // Values of the same sizes at the same places, of another tree.
  TreeStand other(files, "/other");
  other.options = stand.options;
  other.keys = stand.keys;
  other.seed = 99;
  ok(other.create());
  ok(other.open());
  for (int number = 0; number < 300; ++number)
    ok(other.put("k" + std::to_string(1000 + number), "VALUE " + std::to_string(0) + Bytes(90, 'w')));
  ok(other.flush());
  const auto names = files.list("/other");
  std::string foreign;
  for (const std::string& name : *names)
    if (name.ends_with(".val")) foreign = files.content(join_path("/other", name));
  ASSERT_FALSE(foreign.empty());
  const std::string name = names_ending(".val").front();
  overwrite(files, stand.path(name), foreign);
  const RepairReport report = repair();
  EXPECT_EQ(of(report, name).fate, Fate::lost);
  compare(mended_items(), report);
}

class RepairSecretsTest : public RepairTreeTest {};
INSTANTIATE_TEST_SUITE_P(Makes, RepairSecretsTest, ::testing::Values(Make{"Encrypted", 64, ring('a')}),
                         [](const auto& made) { return made.param.name; });

TEST_P(RepairSecretsTest, WithoutTheKeyNothingIsDoneAndTheKeyIsNamed) {
  const std::string name = key_name(key('a').id());
  for (const bool with_manifest : {true, false}) {
    if (!with_manifest) ok(files.remove(stand.path(std::string(kManifestName))));
    for (const KeyRing& keys : {KeyRing(), ring('b')}) {
      stand.keys = keys;
      RepairReport report;
      const Status refused = repair_tree(stand.env(), stand.directory(), "/mended", {}, report);
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, Errc::invalid_argument);
      EXPECT_THAT(refused.error().text, ::testing::HasSubstr(name));
      ok(files.remove_tree("/mended"));
    }
  }
}

TEST_P(RepairSecretsTest, NothingOfTheNewTreeIsPlain) {
  flip_bit(files, stand.path(names_ending(".sst").front()), 40);
  for (const bool with_manifest : {true, false}) {
    if (!with_manifest) ok(files.remove(stand.path(std::string(kManifestName))));
    (void)repair();
    for (const auto& [name, content] : contents("/mended")) {
      EXPECT_EQ(content.find("k10"), Bytes::npos) << name;
      EXPECT_EQ(content.find("vvvv"), Bytes::npos) << name;
    }
    ok(files.remove_tree("/mended"));
  }
}

}  // namespace
}  // namespace coppice::engine
