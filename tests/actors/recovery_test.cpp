#include "actors/recovery.hpp"

#include <array>

#include <gtest/gtest.h>

#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

/// A store of two shards, and what recovers it.
class TwoShards {
public:
  TwoShards() {
    auto opened = StoreDirectory::open(trees, env, "/store", {"m", "zz"});
    EXPECT_TRUE(opened.ok());
    directory = std::move(*opened);
    recovery = std::make_unique<Recovery>(engine::TreeOptions{}, *directory);
  }

  static const char* key_of(uint64_t shard) { return shard == 1 ? "a" : shard == 2 ? "z" : "zzz"; }

  /// Two shards log one batch at `commit`, or only some of them do before the power goes.
  void log(Timestamp commit, const std::vector<uint64_t>& by, std::array<uint64_t, 2> of = {1, 2}) {
    std::array<engine::Batch, 2> batches;
    std::vector<engine::SpanningPart> parts;
    for (size_t i = 0; i < of.size(); ++i) {
      EXPECT_TRUE(batches[i].put(key_of(of[i]), std::to_string(commit.raw)).ok());
      parts.push_back({of[i], batches[i].bytes()});
    }
    for (const uint64_t id : by) {
      auto tree = engine::Tree::open(env, directory->shard_directory(id), {});
      ASSERT_TRUE(tree.ok());
      const engine::GroupWrite write{&batches[id == of[0] ? 0 : 1], commit, parts};
      ASSERT_TRUE((*tree)->log_group({&write, 1}).ok());
      engine::LogSync sync = (*tree)->plan_sync();
      ASSERT_TRUE((*tree)->install_sync(sync.run()).ok());
    }
  }

  static std::optional<Bytes> get(const Recovery::Opened& shard, ByteView key) {
    return *(*shard.tree)->reader()->get(key, {});
  }
  // For now a shard cannot be read.
  void hide(uint64_t shard) {
    ASSERT_TRUE(files.rename(manifest_of(shard), manifest_of(shard) + ".away").ok());
    ASSERT_TRUE(files.make_directory(manifest_of(shard)).ok());
  }
  void show(uint64_t shard) {
    ASSERT_TRUE(files.remove_tree(manifest_of(shard)).ok());
    ASSERT_TRUE(files.rename(manifest_of(shard) + ".away", manifest_of(shard)).ok());
  }
  std::string manifest_of(uint64_t shard) const { return directory->shard_directory(shard) + "/MANIFEST"; }

  engine::MemoryFileSystem files;
  engine::BlockCache cache{1 << 20};
  engine::TreeEnv env{files, cache, 3};
  engine::TreeEngine trees;
  std::unique_ptr<StoreDirectory> directory;
  std::unique_ptr<Recovery> recovery;
};

class RecoveryTest : public testing::Test, protected TwoShards {};

TEST_F(RecoveryTest, ABatchThatOneParticipantLoggedReachesTheOther) {
  log(Timestamp{100}, {1});
  const Recovery::Outcome outcome = recovery->open({1, 2}, {}, {});
  EXPECT_EQ(get(outcome.shards[0], "a"), "100");
  EXPECT_EQ(get(outcome.shards[1], "z"), "100");
  EXPECT_EQ(outcome.shards[0].unsettled, 0u);
}

TEST_F(RecoveryTest, ABatchThatBothLoggedIsNotWrittenTwice) {
  log(Timestamp{100}, {1, 2});
  log(Timestamp{200}, {2});
  const Recovery::Outcome outcome = recovery->open({1, 2}, {}, {});
  EXPECT_EQ(get(outcome.shards[0], "a"), "200");
  EXPECT_EQ(get(outcome.shards[1], "z"), "200");
  EXPECT_EQ((*outcome.shards[0].tree)->last_commit(), Timestamp{200});
}

TEST_F(RecoveryTest, ItIsTheSameAfterASecondRecovery) {
  log(Timestamp{100}, {2});
  { (void)recovery->open({1, 2}, {}, {}); }
  Recovery again({}, *directory);
  const Recovery::Outcome outcome = again.open({1, 2}, {}, {});
  EXPECT_EQ(get(outcome.shards[0], "a"), "100");
  EXPECT_EQ(get(outcome.shards[1], "z"), "100");
}

TEST_F(RecoveryTest, APartForAShardThatCannotBeOpenedIsKeptUntilItCan) {
  log(Timestamp{100}, {1});
  const std::string manifest = manifest_of(2);
  files.flip_bit(manifest, 100);

  Recovery::Outcome first = recovery->open({1, 2}, {}, {});
  ASSERT_TRUE(first.shards[0].tree.ok());
  ASSERT_FALSE(first.shards[1].tree.ok());
  EXPECT_EQ(first.shards[0].unsettled, 1u);

  files.flip_bit(manifest, 100);
  const Recovery::Outcome second = recovery->open({2}, {1}, {});
  EXPECT_EQ(get(second.shards[0], "z"), "100");
  ASSERT_EQ(second.settled.size(), 1u);
  EXPECT_EQ(second.settled[0].shard, 1u);
  EXPECT_EQ(second.settled[0].commit, Timestamp{100});
}

TEST_F(RecoveryTest, ShardsThatComeUpTogetherDoSoAllOrNone) {
  log(Timestamp{100}, {2});
  hide(2);
  {
    const Recovery::Outcome early = recovery->open({1, 2}, {}, {});
    ASSERT_EQ(early.shards[1].tree.status().error().code, Errc::io_error);
    // Alone it would serve without its part of a batch that the other has.
    ASSERT_FALSE(early.shards[0].tree.ok());
    EXPECT_NE(early.shards[0].tree.status().error().text.find("shard 2, with which it has to come up"),
              std::string::npos);
  }
  show(2);
  const Recovery::Outcome outcome = recovery->open({1, 2}, {}, {});
  EXPECT_EQ(get(outcome.shards[0], "a"), "100");
  EXPECT_EQ(get(outcome.shards[1], "z"), "100");
}

TEST_F(RecoveryTest, SoTheyDoWhicheverFileOperationFails) {
  bool failed = true;
  for (uint64_t n = 0; failed; ++n) {
    TwoShards store;
    store.log(Timestamp{100}, {1});
    const uint64_t before = store.files.operation_count();
    store.files.fail_after(n);
    const Recovery::Outcome outcome = store.recovery->open({1, 2}, {}, {});
    failed = store.files.operation_count() - before > n;
    ASSERT_EQ(outcome.shards[0].tree.ok(), outcome.shards[1].tree.ok()) << "operation " << n;
  }
}

// A shard that got the later one has a last commit behind the earlier one, which it lacks.
TEST_F(RecoveryTest, NoBatchIsCompletedWhileAnEarlierOneMayYetBeFound) {
  log(Timestamp{100}, {1}, {1, 2});
  log(Timestamp{200}, {3}, {2, 3});
  hide(1);
  ASSERT_FALSE(recovery->open({1, 2, 3}, {}, {}).shards[0].tree.ok());
  show(1);
  const Recovery::Outcome outcome = recovery->open({1, 2, 3}, {}, {});
  EXPECT_EQ(get(outcome.shards[0], key_of(1)), "100");
  const auto& second = *outcome.shards[1].tree;
  EXPECT_EQ(*second->reader()->get(key_of(2), {.at = Timestamp{100}}), "100");
  EXPECT_EQ(get(outcome.shards[1], key_of(2)), "200");
  EXPECT_EQ(get(outcome.shards[2], key_of(3)), "200");
}

TEST_F(RecoveryTest, AShardThatRestartsAloneOwesNothingToThoseThatServe) {
  log(Timestamp{100}, {1, 2});
  const Recovery::Outcome both = recovery->open({1, 2}, {}, {});
  const Recovery::Outcome alone = recovery->open({}, {1, 2}, {});
  EXPECT_TRUE(alone.settled.empty());
  EXPECT_EQ(both.shards.size(), 2u);
}

TEST_F(RecoveryTest, ADamagedShardKeepsNoOtherFromOpening) {
  files.flip_bit(manifest_of(1), 100);
  const Recovery::Outcome outcome = recovery->open({1, 2}, {}, {});
  EXPECT_EQ(outcome.shards[0].tree.status().error().code, Errc::corruption);
  EXPECT_TRUE(outcome.shards[1].tree.ok());
}

}  // namespace
}  // namespace coppice::actors
