// A second tree out of one that goes on, and logs that go when they are not needed.
#include <set>

#include <gmock/gmock.h>

#include "engine/io/file_names.hpp"
#include "engine/mend/verify_tree.hpp"
#include "engine/version/manifest.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::IsEmpty;

/// What trees are made of.
struct Make {
  const char* name;
  size_t value_threshold;
  KeyRing keys;
};

class CheckpointTest : public ::testing::TestWithParam<Make> {
protected:
  CheckpointTest() {
    stand.options.value_threshold = GetParam().value_threshold;
    stand.keys = GetParam().keys;
    ok(stand.create());
    ok(stand.open());
    fill("0");
    ok(stand.compact());
    fill("1");
    ok(stand.delete_range("k1010", "k1020"));
    ok(stand.flush());
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  void fill(const Bytes& value) {
    for (int number = 0; number < 100; ++number)
      ok(stand.put("k" + std::to_string(1000 + number), value + Bytes(number % 3 == 0 ? 90 : 30, 'v')));
  }
  struct Copy : TreeStand {
    explicit Copy(CheckpointTest& test) : TreeStand(test.files, "/copy") {
      options = test.stand.options;
      keys = test.stand.keys;
    }
  };
  void expect_copy(const TreeStand::Items& items) {
    VerifyReport report;
    ok(verify_tree(stand.env(), "/copy", {}, report));
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_THAT(report.notes, IsEmpty());
    Copy copy(*this);
    ok(copy.open());
    EXPECT_EQ(copy.items(), items);
  }
  size_t count_logs(const std::string& directory) {
    const auto names = files.list(directory);
    return static_cast<size_t>(
        std::ranges::count_if(*names, [](const std::string& name) { return name.ends_with(".log"); }));
  }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_P(CheckpointTest, HoldsWhatTheTreeHeldAndNothingOfLater) {
  ok(stand.put("in the log", "1"));
  ok(stand.remove("k1050"));
  ok(stand.delete_range("k1060", "k1070"));
  const auto then = stand.items();
  ok(stand.tree->checkpoint("/copy"));
  ok(stand.put("later", "2"));
  fill("2");
  ok(stand.compact());
  expect_copy(then);
}

TEST_P(CheckpointTest, GoesItsOwnWay) {
  ok(stand.tree->checkpoint("/copy"));
  const auto then = stand.items();
  Copy copy(*this);
  ok(copy.open());
  for (int number = 0; number < 100; ++number)
    ok(copy.put("k" + std::to_string(1000 + number), "of the copy"));
  ok(copy.compact());
  EXPECT_EQ(copy.get("k1000"), "of the copy");
  EXPECT_EQ(stand.items(), then);
  ok(stand.tree->close());
  ok(stand.open());
  EXPECT_EQ(stand.items(), then);
}

TEST_P(CheckpointTest, WhatWasIngestedKeepsItsMoment) {
  ok(build_file(files, "/sorted", {{"k1001", "ingested"}, {"x", "ingested"}}, {.keys = stand.keys}));
  ok(ingest_file(files, stand, "/sorted"));
  const Timestamp commit = stand.tree->last_commit();
  ok(stand.put("x", "later"));
  const auto then = stand.items();
  ok(stand.tree->checkpoint("/copy"));
  expect_copy(then);
  Copy copy(*this);
  ok(copy.open());
  EXPECT_EQ(copy.reader->get_versioned("k1001", {})->version, commit);
}

TEST_P(CheckpointTest, SealedMemtablesAndJobsUnderWayAreNoHindrance) {
  fill("2");
  ok(stand.tree->seal_memtable());
  ok(stand.put("k1001", "3"));
  auto merge = stand.tree->plan_merge_range({}, {});
  auto flush = stand.tree->plan_flush({});
  const auto then = stand.items();
  ok(stand.tree->checkpoint("/copy"));
  ok(stand.finish(std::move(merge)));
  ok(stand.finish(std::move(flush)));
  expect_copy(then);
}

TEST_P(CheckpointTest, ABatchOverShardsThatIsNotSettledGoesAlong) {
  Batch own;
  ok(own.put("spanning", "1"));
  const SpanningPart parts[] = {{1, own.bytes()}, {2, own.bytes()}};
  const GroupWrite write{&own, stand.tick(), parts};
  ok(stand.tree->log_group({&write, 1}));
  stand.tree->apply_group({&write, 1});
  ok(stand.flush());
  ok(stand.tree->checkpoint("/copy"));
  Copy copy(*this);
  ok(copy.open());
  ASSERT_EQ(copy.tree->spanning().size(), 1u);
  EXPECT_EQ(copy.get("spanning"), "1");
}

TEST_P(CheckpointTest, OneThatFailsOrIsCutOffAnywhereDoesNotOpen) {
  ok(stand.put("in the log", "1"));
  const auto then = stand.items();
  for (const bool stops : {false, true}) {
    bool whole = false;
    for (uint64_t after = 0; !whole; ++after) {
      SCOPED_TRACE("operation " + std::to_string(after));
      stops ? files.stop_after(after) : files.fail_after(after);
      const Status made = stand.tree->checkpoint("/copy");
      files.heal();
      if (made.ok()) {
        expect_copy(then);
        // A link that failed was made up for by a copy.
        whole = stops || after > 60;
      } else {
        const auto manifest = files.exists("/copy/MANIFEST");
        if (*manifest) {
          expect_copy(then);
        } else {
          EXPECT_FALSE(Copy(*this).open().ok());
        }
      }
      EXPECT_FALSE(stand.tree->broken());
      ok(files.remove_tree("/copy"));
      if (HasFailure()) return;
    }
  }
  EXPECT_EQ(stand.items(), then);
}

TEST_P(CheckpointTest, WhatWasMadeSurvivesThePower) {
  ok(stand.put("in the log", "1"));
  const auto then = stand.items();
  ok(stand.tree->checkpoint("/copy"));
  stand.drop();
  files.crash();
  expect_copy(then);
}

TEST_P(CheckpointTest, LogsThatAreNotNeededGoAtOnce) {
  ok(stand.put("one", "1"));
  ok(stand.flush());
  ok(stand.put("two", "2"));
  ok(stand.flush());
  const size_t before = count_logs(stand.directory());
  ok(stand.tree->clean_logs());
  EXPECT_LT(count_logs(stand.directory()), before);
  const auto then = stand.items();
  ok(stand.tree->clean_logs());
  stand.drop();
  ok(stand.open());
  EXPECT_EQ(stand.items(), then);
}

TEST_P(CheckpointTest, LogsOfWhatIsInNoTableStay) {
  ok(stand.put("sealed", "1"));
  ok(stand.tree->seal_memtable());
  ok(stand.put("active", "2"));
  const auto then = stand.items();
  ok(stand.tree->clean_logs());
  stand.drop();
  ok(stand.open());
  EXPECT_EQ(stand.items(), then);
}

TEST_P(CheckpointTest, ALogGoesOnceTheBatchThatKeptItIsSettled) {
  Batch own;
  ok(own.put("spanning", "1"));
  const SpanningPart parts[] = {{1, own.bytes()}, {2, own.bytes()}};
  const GroupWrite write{&own, stand.tick(), parts};
  ok(stand.tree->log_group({&write, 1}));
  stand.tree->apply_group({&write, 1});
  ok(stand.flush());
  ok(stand.tree->clean_logs());
  const size_t kept = count_logs(stand.directory());
  stand.tree->settle(write.commit);
  ok(stand.tree->clean_logs());
  EXPECT_EQ(count_logs(stand.directory()), kept - 1);
  const auto then = stand.items();
  stand.drop();
  ok(stand.open());
  EXPECT_THAT(stand.tree->spanning(), IsEmpty());
  EXPECT_EQ(stand.items(), then);
}

TEST_P(CheckpointTest, EveryFileOfItsManifestIsThereAndNoOther) {
  ok(stand.put("in the log", Bytes(200, 'v')));
  ok(stand.tree->checkpoint("/copy"));
  const auto manifest = Manifest::read(files, "/copy", stand.keys);
  ASSERT_TRUE(manifest.ok());
  std::set<std::string> named{std::string(kManifestName)};
  for (const auto& [number, added] : manifest->state.tables) named.insert(table_file_name(number));
  for (const auto& [number, value] : manifest->state.values) named.insert(value_file_name(number));
  for (const auto& [number, log] : manifest->state.logs) named.insert(log_file_name(number));
  const auto names = files.list("/copy");
  EXPECT_EQ(std::set<std::string>(names->begin(), names->end()), named);
  EXPECT_EQ(manifest->state.values.empty(), stand.options.value_threshold == 0);
}

TEST_P(CheckpointTest, IsEncryptedAsTheTreeIs) {
  ok(stand.put("a secret of the log", Bytes(200, 'v')));
  ok(stand.tree->checkpoint("/copy"));
  const bool encrypted = stand.keys.current() != 0;
  bool plain = false;
  const auto names = files.list("/copy");
  for (const std::string& name : *names)
    plain = plain || files.content(join_path("/copy", name)).find("vvvvvv") != Bytes::npos;
  EXPECT_EQ(plain, !encrypted);
  if (!encrypted) return;
  TreeStand copy(files, "/copy");
  const Status refused = copy.open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Makes, CheckpointTest,
                         ::testing::Values(Make{"Plain", 0, {}}, Make{"ValuesApart", 64, {}},
                                           Make{"Encrypted", 64, ring('a')}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace coppice::engine
