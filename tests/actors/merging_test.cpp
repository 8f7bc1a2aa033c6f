// What a shard makes of what it is told about merging, step by step.
#include <algorithm>

#include "actors/throttle.hpp"
#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {
namespace {

using engine::Merging;

class MergingTest : public ShardFixture {
protected:
  engine::TreeStats tree() {
    Answer<ShardStats> stats;
    shard->stats(stats.done());
    return (*stats.result)->tree;
  }
  void set(Merging merging) {
    Answer<Nothing> done;
    shard->set_merging(merging, done.done());
    host.settle(*shard);
    ASSERT_TRUE(done.ok());
  }
  /// A table over all keys in level 0; what comes of it is given out, and not run.
  void flush_table() {
    for (int key = 0; key < 40; ++key) write("key" + std::to_string(100 + key), Bytes(300, 'v'));
    Answer<Nothing> flush;
    shard->flush(flush.done());
    while (!flush.result) {
      host.run_one_apart(*shard);
      const auto job =
          std::ranges::find(host.jobs, engine::Job::Kind::flush, [](const auto& each) { return each->kind; });
      if (job == host.jobs.end()) continue;
      std::rotate(host.jobs.begin(), job, std::next(job));
      host.run_one_job(*shard);
    }
    while (!host.apart.empty()) host.run_one_apart(*shard);
    ASSERT_TRUE(flush.ok());
  }
  /// Until a merge is due, and given out if it may begin.
  void flush_tables(int count = 9) {
    for (int table = 0; table < count; ++table) flush_table();
  }
  /// Of all, by hand; its first job waits for a thread then.
  RangeMergeHandle give_out_merge(Answer<Nothing>& compacted) {
    RangeMergeHandle merge = merge_of_all();
    shard->compact({}, merge, compacted.done());
    while (host.jobs.empty()) host.run_one_apart(*shard), host.wait(*shard, kStallStep);
    return merge;
  }
  std::vector<std::string> tables() {
    std::vector<std::string> names = *files.list("/tree");
    std::erase_if(names, [](const std::string& name) { return !name.ends_with(".sst"); });
    return names;
  }
  void pass(std::chrono::milliseconds span) {
    host.wait(*shard, span);
    while (!host.apart.empty()) host.run_one_apart(*shard);
  }
};

TEST_F(MergingTest, OffNothingIsMergedThatNobodyAskedFor) {
  set(Merging::off);
  flush_tables(12);
  pass(std::chrono::seconds(30));
  EXPECT_TRUE(host.jobs.empty());
  EXPECT_EQ(tree().level0_depth, 12u);

  Answer<Nothing> compacted;
  shard->compact({}, merge_of_all(), compacted.done());
  host.settle(*shard);
  host.wait(*shard, kStallStep);
  host.settle(*shard);
  EXPECT_TRUE(compacted.ok());
  EXPECT_EQ(tree().level0_depth, 0u);
}

TEST_F(MergingTest, TurnedOnWhatIsDueIsMerged) {
  set(Merging::off);
  flush_tables();
  set(Merging::on);
  host.settle(*shard);
  EXPECT_LT(tree().level0_depth, 9u);
  EXPECT_GT(tree().merges, 0u);
  EXPECT_EQ(*get("key100"), Bytes(300, 'v'));
}

TEST_F(MergingTest, StoppedMergesLeaveAllAsItWas) {
  set(Merging::off);
  flush_tables();
  Answer<Nothing> on;
  shard->set_merging(Merging::on, on.done());
  ASSERT_FALSE(host.jobs.empty());
  const std::shared_ptr<RunningJob> job = host.jobs.front();

  Answer<Nothing> stopped;
  shard->set_merging(Merging::stopped, stopped.done());
  EXPECT_FALSE(stopped.result);
  EXPECT_TRUE(job->cancelled);
  const std::vector<std::string> before = tables();
  host.settle(*shard);
  EXPECT_TRUE(stopped.ok());
  EXPECT_EQ(tables(), before);
  EXPECT_EQ(tree().level0_depth, 9u);
  EXPECT_EQ(tree().merges, 0u);
  pass(std::chrono::seconds(30));
  EXPECT_TRUE(host.jobs.empty());

  set(Merging::on);
  EXPECT_LT(tree().level0_depth, 9u);
}

TEST_F(MergingTest, StoppedNothingIsMergedByHandEither) {
  set(Merging::off);
  flush_tables(2);
  Answer<Nothing> waiting;
  give_out_merge(waiting);
  Answer<Nothing> stopped;
  shard->set_merging(Merging::stopped, stopped.done());
  ASSERT_TRUE(waiting.failed());
  EXPECT_EQ(waiting.code(), Errc::cancelled);
  host.settle(*shard);
  EXPECT_TRUE(stopped.ok());

  Answer<Nothing> refused;
  shard->compact({}, merge_of_all(), refused.done());
  host.settle(*shard);
  ASSERT_TRUE(refused.failed());
  EXPECT_EQ(refused.code(), Errc::unavailable);
  EXPECT_NE(refused.result->error().text.find("merging is stopped"), std::string::npos);
}

TEST_F(MergingTest, PausedMergesByHandWaitAndGoOn) {
  set(Merging::off);
  flush_tables(2);
  set(Merging::paused);
  Answer<Nothing> compacted;
  shard->compact({}, merge_of_all(), compacted.done());
  host.settle(*shard);
  pass(std::chrono::seconds(30));
  EXPECT_FALSE(compacted.result);
  set(Merging::off);
  host.settle(*shard);
  EXPECT_TRUE(compacted.ok());
}

TEST_F(MergingTest, AShardThatFailsAnswersWhoWaitsForItsMergesToStop) {
  set(Merging::off);
  flush_tables();
  Answer<Nothing> on;
  shard->set_merging(Merging::on, on.done());
  Answer<Nothing> stopped;
  shard->set_merging(Merging::stopped, stopped.done());
  shard->fail({Errc::io_error, "the disk is gone"});
  EXPECT_TRUE(stopped.failed());
  host.settle(*shard);
  EXPECT_TRUE(host.has_ended);
}

TEST_F(MergingTest, AShardThatHasEndedLeavesNothingOfAMergeWhoeverStillHasIt) {
  set(Merging::off);
  flush_tables();
  Answer<Nothing> on;
  shard->set_merging(Merging::on, on.done());
  ASSERT_FALSE(host.jobs.empty());
  const std::vector<std::string> before = tables();
  const std::shared_ptr<RunningJob> job = host.jobs.front();
  host.jobs.pop_front();
  while (const auto part = job->parts.begin()) job->job.run_part(*part, job->cancelled);
  EXPECT_NE(tables(), before);
  shard->fail({Errc::io_error, "the disk is gone"});
  shard->job_ran(job);
  host.settle(*shard);
  ASSERT_TRUE(host.has_ended);
  EXPECT_EQ(tables(), before);
}

TEST_F(MergingTest, AMergeByHandSaysHowFarItIs) {
  set(Merging::off);
  flush_tables(3);
  Answer<Nothing> compacted;
  const RangeMergeHandle merge = give_out_merge(compacted);
  const MergeProgress begun = merge->progress();
  EXPECT_EQ(begun.tables_done, 0u);
  EXPECT_GE(begun.tables, 3u);
  EXPECT_GT(begun.bytes, 30'000u);
  host.jobs.front()->wrote(10'000);
  EXPECT_EQ(merge->progress().bytes_done, 10'000u);

  host.settle(*shard);
  ASSERT_TRUE(compacted.ok());
  const MergeProgress ended = merge->progress();
  EXPECT_EQ(ended.tables_done, ended.tables);
  EXPECT_EQ(ended.bytes_done, ended.bytes);
  EXPECT_GE(ended.tables, 3u);
}

TEST_F(MergingTest, AMergeByHandEndsHoweverMuchIsWrittenMeanwhile) {
  set(Merging::off);
  flush_tables(2);
  Answer<Nothing> compacted;
  shard->compact({}, merge_of_all(), compacted.done());
  int rounds = 0;
  while (!compacted.result && rounds < 50) {
    ++rounds;
    flush_table();
    if (!host.jobs.empty()) host.run_one_job(*shard);
    while (!host.apart.empty()) host.run_one_apart(*shard);
    host.wait(*shard, kStallStep);
  }
  EXPECT_TRUE(compacted.ok());
  EXPECT_LT(rounds, 10);
  EXPECT_GT(tree().level0_depth, 0u);
}

TEST_F(MergingTest, AMergeByHandThatIsCancelledEndsOnceItIsHome) {
  set(Merging::off);
  flush_tables(3);
  Answer<Nothing> compacted;
  const RangeMergeHandle merge = give_out_merge(compacted);
  const std::shared_ptr<RunningJob> job = host.jobs.front();
  const std::optional<size_t> part = job->parts.begin();
  ASSERT_TRUE(part);
  merge->cancel();
  shard->turn();
  EXPECT_TRUE(job->cancelled);
  host.jobs.clear();
  host.settle(*shard);
  EXPECT_FALSE(compacted.result);
  job->job.run_part(*part, job->cancelled);
  ASSERT_TRUE(job->parts.came_back());
  shard->job_ran(job);
  host.settle(*shard);
  ASSERT_TRUE(compacted.failed());
  EXPECT_EQ(compacted.code(), Errc::cancelled);
  EXPECT_EQ(tree().level0_depth, 3u);
  EXPECT_EQ(merge->progress().bytes_done, 0u);
}

TEST_F(MergingTest, AMergeByHandThatNoThreadHasBegunIsCancelledWithoutOne) {
  set(Merging::off);
  flush_tables(3);
  Answer<Nothing> compacted;
  const RangeMergeHandle merge = give_out_merge(compacted);
  const std::shared_ptr<RunningJob> job = host.jobs.front();
  merge->cancel();
  shard->turn();
  EXPECT_TRUE(host.jobs.empty());
  EXPECT_FALSE(job->parts.begin());
  EXPECT_FALSE(compacted.result);
  host.settle(*shard);
  ASSERT_TRUE(compacted.failed());
  EXPECT_EQ(compacted.code(), Errc::cancelled);
  EXPECT_EQ(tree().level0_depth, 3u);
}

TEST_F(MergingTest, AMergeByHandThatWaitsIsCancelledAtOnce) {
  set(Merging::off);
  flush_tables(2);
  set(Merging::paused);
  const RangeMergeHandle merge = merge_of_all();
  Answer<Nothing> compacted;
  shard->compact({}, merge, compacted.done());
  host.settle(*shard);
  merge->cancel();
  shard->turn();
  ASSERT_TRUE(compacted.failed());
  EXPECT_EQ(compacted.code(), Errc::cancelled);
}

class MergeIntervalTest : public MergingTest {
protected:
  MergeIntervalTest() {
    shard->fail({Errc::cancelled, "opened anew"});
    host.settle(*shard);
    shard.reset();
    auto tree = engine::Tree::open(env, "/tree", options);
    EXPECT_TRUE(tree.ok());
    port = std::make_shared<ShardPort>(1, KeyRange{}, (*tree)->reader(), ShardQueue::Limits{}, [] {});
    shard = std::make_unique<Shard>(host, clock, port, std::move(*tree), 0, std::chrono::seconds(60));
    shard->adopt({}, {});
  }
};

TEST_F(MergeIntervalTest, WhatIsDueWaitsForTheNextLook) {
  pass(std::chrono::seconds(1));
  // So few that nobody is slowed down for them.
  flush_tables(2);
  EXPECT_TRUE(host.jobs.empty());
  EXPECT_EQ(tree().debt, 0);
  EXPECT_EQ(tree().level0_depth, 2u);
  pass(std::chrono::seconds(58));
  EXPECT_TRUE(host.jobs.empty());
  pass(std::chrono::seconds(1));
  EXPECT_FALSE(host.jobs.empty());
  host.settle(*shard);
  EXPECT_EQ(tree().level0_depth, 0u);
}

TEST_F(MergeIntervalTest, WritersThatAreSlowedDownWaitForNoInterval) {
  pass(std::chrono::seconds(1));
  for (int count = 0; host.jobs.empty(); ++count) {
    ASSERT_LT(count, 40);
    flush_table();
  }
  EXPECT_GT(tree().debt, 0);
  host.settle(*shard);
}

}  // namespace
}  // namespace coppice::actors
