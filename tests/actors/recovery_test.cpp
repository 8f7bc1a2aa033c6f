#include "actors/recovery.hpp"

#include <gtest/gtest.h>

#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

class RecoveryTest : public testing::Test {
protected:
  RecoveryTest() {
    auto opened = StoreDirectory::open(trees, env, "/store", {"m"});
    EXPECT_TRUE(opened.ok());
    directory = std::move(*opened);
    recovery = std::make_unique<Recovery>(engine::TreeOptions{}, *directory);
  }

  /// Shard 1 and 2 log one batch at `commit`, or only some of them do before the power goes.
  void log(Timestamp commit, const std::vector<uint64_t>& by) {
    engine::Batch left;
    engine::Batch right;
    EXPECT_TRUE(left.put("a", std::to_string(commit.raw)).ok());
    EXPECT_TRUE(right.put("z", std::to_string(commit.raw)).ok());
    const std::vector<engine::SpanningPart> parts{{1, left.bytes()}, {2, right.bytes()}};
    for (const uint64_t id : by) {
      auto tree = engine::Tree::open(env, directory->shard_directory(id), {});
      ASSERT_TRUE(tree.ok());
      const engine::GroupWrite write{id == 1 ? &left : &right, commit, parts};
      ASSERT_TRUE((*tree)->log_group({&write, 1}).ok());
      engine::LogSync sync = (*tree)->plan_sync();
      ASSERT_TRUE((*tree)->install_sync(sync.run()).ok());
    }
  }

  static std::optional<Bytes> get(const Recovery::Opened& shard, ByteView key) {
    return *(*shard.tree)->reader()->get(key, {});
  }
  std::string log_of(uint64_t id) {
    const auto names = files.list(directory->shard_directory(id));
    for (const std::string& name : *names)
      if (name.ends_with(".log")) return directory->shard_directory(id) + "/" + name;
    return "";
  }

  engine::MemoryFileSystem files;
  engine::BlockCache cache{1 << 20};
  engine::TreeEnv env{files, cache, 3};
  engine::TreeEngine trees;
  std::unique_ptr<StoreDirectory> directory;
  std::unique_ptr<Recovery> recovery;
};

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
  const std::string manifest = directory->shard_directory(2) + "/MANIFEST";
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
  const std::string manifest = directory->shard_directory(2) + "/MANIFEST";
  // It cannot be read, for now.
  ASSERT_TRUE(files.rename(manifest, manifest + ".away").ok());
  ASSERT_TRUE(files.make_directory(manifest).ok());
  {
    const Recovery::Outcome early = recovery->open({1, 2}, {}, {});
    ASSERT_EQ(early.shards[1].tree.status().error().code, Errc::io_error);
    // Alone it would serve without its part of a batch that the other has.
    ASSERT_FALSE(early.shards[0].tree.ok());
    EXPECT_NE(early.shards[0].tree.status().error().text.find("shard 2, with which it has to come up"),
              std::string::npos);
  }
  ASSERT_TRUE(files.remove_tree(manifest).ok());
  ASSERT_TRUE(files.rename(manifest + ".away", manifest).ok());
  const Recovery::Outcome outcome = recovery->open({1, 2}, {}, {});
  EXPECT_EQ(get(outcome.shards[0], "a"), "100");
  EXPECT_EQ(get(outcome.shards[1], "z"), "100");
}

TEST_F(RecoveryTest, AShardThatRestartsAloneOwesNothingToThoseThatServe) {
  log(Timestamp{100}, {1, 2});
  const Recovery::Outcome both = recovery->open({1, 2}, {}, {});
  const Recovery::Outcome alone = recovery->open({}, {1, 2}, {});
  EXPECT_TRUE(alone.settled.empty());
  EXPECT_EQ(both.shards.size(), 2u);
}

TEST_F(RecoveryTest, ADamagedShardKeepsNoOtherFromOpening) {
  files.flip_bit(directory->shard_directory(1) + "/MANIFEST", 100);
  const Recovery::Outcome outcome = recovery->open({1, 2}, {}, {});
  EXPECT_EQ(outcome.shards[0].tree.status().error().code, Errc::corruption);
  EXPECT_TRUE(outcome.shards[1].tree.ok());
}

}  // namespace
}  // namespace coppice::actors
