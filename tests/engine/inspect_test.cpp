// What is in a file is told, whatever became of the file.
#include "engine/mend/inspect.hpp"

#include <array>

#include <gmock/gmock.h>

#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/log_writer.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

class InspectTest : public ::testing::Test {
protected:
  InspectTest() : InspectTest(0, {}) {}
  InspectTest(size_t value_threshold, const KeyRing& keys) {
    stand.options.value_threshold = value_threshold;
    stand.keys = keys;
    ok(stand.create());
    ok(stand.open());
    for (int number = 0; number < 100; ++number)
      ok(stand.put("key " + std::to_string(1000 + number), Bytes(static_cast<size_t>(number) * 5, 'v')));
    ok(stand.remove("key 1003"));
    ok(stand.delete_range("key 1050", "key 1060"));
    ok(stand.flush());
    ok(stand.put("late\n", "in the log"));
    ok(stand.remove("key 1004"));
    ok(stand.delete_range("x", ""));
    ok(stand.tree->close());
    stand.drop();
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  /// Ascending.
  std::vector<std::string> paths_ending(std::string_view end) {
    auto names = files.list(stand.directory());
    std::ranges::sort(*names);
    std::vector<std::string> found;
    for (const std::string& name : *names)
      if (name.ends_with(end)) found.push_back(stand.path(name));
    return found;
  }
  std::string path_ending(std::string_view end) {
    const auto found = paths_ending(end);
    return found.empty() ? "" : found.back();
  }
  Result<bool> inspect(const std::string& path, InspectDetail detail = InspectDetail::entries) {
    findings.clear();
    return inspect_file(files, path, detail, stand.keys, [this](const Finding& finding) {
      findings.push_back(finding);
      return true;
    });
  }
  size_t count(std::string_view kind) const {
    return static_cast<size_t>(
        std::ranges::count_if(findings, [&](const Finding& finding) { return finding.kind == kind; }));
  }
  const Finding& first(std::string_view kind) const {
    return *std::ranges::find_if(findings, [&](const Finding& finding) { return finding.kind == kind; });
  }
  static uint64_t number(const Finding& finding, std::string_view name) {
    for (const auto& field : finding.fields)
      if (field.name == name) return std::get<uint64_t>(field.value);
    ADD_FAILURE() << "no " << name;
    return 0;
  }
  static Bytes data(const Finding& finding, std::string_view name) {
    for (const auto& field : finding.fields)
      if (field.name == name) return std::get<Finding::Data>(field.value).bytes;
    return "(none)";
  }

  /// Every `step`-th byte.
  void flip_and_cut(size_t step);

  MemoryFileSystem files;
  TreeStand stand{files};
  std::vector<Finding> findings;
};

TEST_F(InspectTest, ATableIsToldWithEveryEntry) {
  Bytes last_key;
  uint64_t entries = 0;
  size_t range_deletes = 0;
  for (const std::string& path : paths_ending(".sst")) {
    const auto damaged = inspect(path);
    ASSERT_TRUE(damaged.ok());
    EXPECT_FALSE(*damaged);
    EXPECT_EQ(count("footer"), 1u);
    EXPECT_EQ(count("damage"), 0u);
    EXPECT_EQ(count("entry"), number(first("properties"), "entries"));
    EXPECT_EQ(count("entry"), number(first("sum"), "entries"));
    EXPECT_EQ(count("block"), number(first("sum"), "blocks"));
    EXPECT_EQ(count("rangeDelete"), number(first("properties"), "rangeDeletes"));
    entries += count("entry");
    range_deletes += count("rangeDelete");
    for (const Finding& finding : findings) {
      if (finding.kind != "entry") continue;
      EXPECT_LT(last_key, data(finding, "key"));
      last_key = data(finding, "key");
      EXPECT_LE(data(finding, "value").size(), kInspectValueMax);
    }
  }
  // Of the keys below the range delete nothing was flushed.
  EXPECT_EQ(entries, 90u);
  EXPECT_GE(range_deletes, 1u);
  EXPECT_EQ(last_key, "key 1099");
}

TEST_F(InspectTest, ASummaryLeavesOutWhatItSums) {
  uint64_t entries = 0;
  for (const std::string& path : paths_ending(".sst")) {
    ASSERT_TRUE(inspect(path, InspectDetail::summary).ok());
    EXPECT_EQ(count("block") + count("entry"), 0u);
    entries += number(first("sum"), "entries");
  }
  EXPECT_EQ(entries, 90u);
}

TEST_F(InspectTest, ALogIsToldWithEveryOperation) {
  const auto damaged = inspect(path_ending(".log"));
  ASSERT_TRUE(damaged.ok());
  EXPECT_FALSE(*damaged);
  EXPECT_EQ(count("header"), 1u);
  EXPECT_EQ(count("operation"), 3u);
  EXPECT_EQ(data(first("operation"), "key"), "late\n");
  EXPECT_EQ(data(first("operation"), "value"), "in the log");
  EXPECT_EQ(number(first("sum"), "records"), count("record"));
}

TEST_F(InspectTest, AManifestIsToldAsTheTreeItMakes) {
  const auto damaged = inspect(stand.path(std::string(kManifestName)));
  ASSERT_TRUE(damaged.ok());
  EXPECT_FALSE(*damaged);
  EXPECT_EQ(count("tree"), 1u);
  EXPECT_EQ(count("table"), paths_ending(".sst").size());
  EXPECT_GE(count("log"), 1u);
  EXPECT_GE(count("record"), 2u);
}

TEST_F(InspectTest, EndsWhenItIsToldTo) {
  size_t told = 0;
  ASSERT_TRUE(inspect_file(files, path_ending(".sst"), InspectDetail::entries, {}, [&](const Finding&) {
                return ++told < 5;
              }).ok());
  EXPECT_EQ(told, 5u);
}

TEST_F(InspectTest, AForeignFileIsRefused) {
  overwrite(files, stand.path("letter.txt"), Bytes(500, 'x'));
  const auto foreign = inspect(stand.path("letter.txt"));
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, Errc::invalid_argument);
}

TEST_F(InspectTest, WhatIsDamagedIsSaidAndTheRestStillTold) {
  const std::string path = path_ending(".sst");
  ASSERT_TRUE(inspect(path).ok());
  const size_t all = count("entry");
  ASSERT_GE(count("block"), 4u);
  flip_bit(files, path, *first("block").offset + 10);
  const auto damaged = inspect(path);
  ASSERT_TRUE(damaged.ok());
  EXPECT_TRUE(*damaged);
  EXPECT_EQ(count("damage"), 1u);
  EXPECT_GT(count("entry"), all / 2);
  EXPECT_LT(count("entry"), all);
}

/// With values apart, encrypted.
class InspectSecretsTest : public InspectTest {
protected:
  InspectSecretsTest() : InspectTest(200, ring('a')) {}
};

TEST_F(InspectSecretsTest, AValueThatLiesApartIsToldByItsPlace) {
  ASSERT_TRUE(inspect(path_ending(".sst")).ok());
  EXPECT_EQ(count("damage"), 0u);
  EXPECT_EQ(count("values"), 1u);
  const uint64_t of_table = number(first("values"), "valueFile");
  size_t apart = 0;
  for (const Finding& finding : findings)
    for (const auto& field : finding.fields)
      if (finding.kind == "entry" && field.name == "valueOffset") ++apart;
  ASSERT_GT(apart, 0u);
  const auto damaged = inspect(path_ending(".val"));
  ASSERT_TRUE(damaged.ok()) << to_string(damaged.error());
  EXPECT_FALSE(*damaged);
  EXPECT_EQ(number(first("footer"), "values"), apart);
  ASSERT_TRUE(inspect(stand.path(std::string(kManifestName))).ok());
  EXPECT_EQ(number(first("valueFile"), "number"), of_table);
}

TEST_F(InspectSecretsTest, WithoutTheKeyWhatIsPlainIsToldAndTheKeyNamed) {
  const std::string name = key_name(key('a').id());
  stand.keys = ring('b');
  for (const std::string end : {".sst", ".log", ".val", "MANIFEST"}) {
    const auto refused = inspect(path_ending(end));
    ASSERT_FALSE(refused.ok()) << end;
    EXPECT_EQ(refused.error().code, Errc::invalid_argument) << end;
    EXPECT_THAT(refused.error().text, ::testing::HasSubstr(name)) << end;
    EXPECT_EQ(findings.size(), 1u) << end;
    EXPECT_EQ(count("entry") + count("operation"), 0u) << end;
  }
}

TEST_F(InspectSecretsTest, NoFlipAndNoCutMakesItTellWhatIsNotThere) { flip_and_cut(13); }

TEST_F(InspectTest, NoFlipAndNoCutMakesItTellWhatIsNotThere) { flip_and_cut(1); }

TEST_F(InspectTest, EditsThatDoNotFitAreNoDanger) {
  // Valid records all of them, of another tree's life: what they remove is not there.
  const std::string path = stand.path(std::string(kManifestName));
  auto writer = LogWriter::begin(files, path, {.number = 0, .salt = 7});
  ASSERT_TRUE(writer.ok());
  VersionEdit first_edit;
  first_edit.range = KeyRange{};
  VersionEdit table;
  table.added.push_back({kLevelCount - 1, {}});
  table.added.back().table.number = 9;
  table.added.back().table.values.add(77, 10);
  VersionEdit gone;
  gone.removed.push_back({kLevelCount - 1, 9});
  for (const VersionEdit& edit : {first_edit, table, gone, table, gone}) {
    const Bytes payload = encode_edit(edit);
    const std::array<ByteView, 1> pieces{payload};
    ok(writer->add(RecordKind::edit, kTimestampMin, pieces));
  }
  ok(writer->end());
  const auto damaged = inspect(path);
  ASSERT_TRUE(damaged.ok()) << to_string(damaged.error());
  EXPECT_TRUE(*damaged);
  EXPECT_EQ(count("record"), 5u);
  EXPECT_EQ(count("removed"), 2u);
}

void InspectTest::flip_and_cut(size_t step) {
  for (const std::string end : {".sst", ".log", ".val", "MANIFEST"}) {
    if (path_ending(end).empty()) continue;
    const std::string path = path_ending(end);
    const Bytes whole = files.content(path);
    ASSERT_TRUE(inspect(path).ok());
    const size_t told = findings.size();
    const size_t entries = count("entry") + count("operation");
    for (size_t offset = 0; offset < whole.size(); offset += step) {
      flip_bit(files, path, offset);
      const auto damaged = inspect(path);
      if (damaged.ok()) {
        // One more: the damage itself, for each place that it is met at.
        EXPECT_LE(count("entry") + count("operation"), entries);
        // The bytes of a value are their readers' to check.
        EXPECT_TRUE(*damaged || findings.size() <= told) << path << ", offset " << offset;
      }
      if (offset % (7 * step) == 0) {
        overwrite(files, path, ByteView(whole).substr(0, offset));
        (void)inspect(path).ok();
        EXPECT_LE(count("entry") + count("operation"), entries);
      }
      overwrite(files, path, whole);
    }
  }
}

TEST_F(InspectTest, AnyBytesUnderAnyNameAreNoDanger) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  Random random(seed);
  for (const std::string name : {"000001.sst", "000002.log", "000003.val", "MANIFEST"}) {
    for (int round = 0; round < 200; ++round) {
      Bytes bytes(random.below(300), '\0');
      for (char& byte : bytes) byte = static_cast<char>(random.next());
      overwrite(files, stand.path(name), bytes);
      (void)inspect(stand.path(name)).ok();
      EXPECT_EQ(count("entry") + count("operation"), 0u);
    }
  }
}

}  // namespace
}  // namespace coppice::engine
