// One shard that takes in tables which were built outside.
#include <gmock/gmock.h>

#include "tests/actors/shard_fixture.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::actors {
namespace {

class ShardIngestTest : public ShardFixture {
protected:
  OutsideTablesPtr tables(const engine::SortedItems& items) {
    const std::string path = "/sorted" + std::to_string(++built_);
    EXPECT_TRUE(engine::build_file(files, path, items, {.seed = built_}).ok());
    auto table = engine::read_outside_table(files, path, {});
    EXPECT_TRUE(table.ok());
    return std::make_shared<OutsideTables>(OutsideTables{*std::move(table)});
  }
  Result<Nothing> hold(const OutsideTablesPtr& tables) {
    Answer<Nothing> held;
    shard->hold(tables, held.done());
    host.settle(*shard);
    return held.result ? *held.result : Error{Errc::cancelled, "no answer"};
  }
  Result<Nothing> ingest(Timestamp commit) {
    Answer<Nothing> ingested;
    shard->ingest(commit, ingested.done());
    host.settle(*shard);
    return ingested.result ? *ingested.result : Error{Errc::cancelled, "no answer"};
  }
  size_t table_count() const {
    const auto report = port->reader->verify({});
    return report.ok() ? report->tables : 0;
  }
  size_t table_files() {
    const auto names = files.list("/tree");
    return static_cast<size_t>(
        std::ranges::count_if(*names, [](const std::string& name) { return name.ends_with(".sst"); }));
  }

private:
  uint64_t built_ = 0;
};

TEST_F(ShardIngestTest, AHoldFlushesWhatLiesWhereTheTablesDoAndWritesWait) {
  ASSERT_TRUE(write("b", "old")->ok());
  const Timestamp before = clock.now();
  Answer<Nothing> held;
  shard->hold(tables({{"a", "new"}, {"b", "new"}}), held.done());
  EXPECT_FALSE(held.result) << "something lies above";
  auto waiting = write("b", "later");
  host.settle(*shard);
  ASSERT_TRUE(held.ok());
  EXPECT_FALSE(waiting->result);
  EXPECT_EQ(get("b"), "old");

  const Timestamp commit = clock.now();
  ASSERT_TRUE(ingest(commit).ok());
  EXPECT_EQ(get("b"), "new");
  EXPECT_EQ(get("b", before), "old");
  EXPECT_FALSE(waiting->result) << "the router lets all go at once";

  shard->let_go();
  host.settle(*shard);
  EXPECT_TRUE(waiting->ok());
  EXPECT_EQ(get("b"), "later");
  EXPECT_EQ(get("b", commit), "new");
  EXPECT_EQ(get("a"), "new");
}

TEST_F(ShardIngestTest, WhatLiesBesideThemIsNotFlushed) {
  ASSERT_TRUE(write("x", "1")->ok());
  Answer<Nothing> flushed;
  shard->flush_below(tables({{"a", "1"}, {"b", "1"}}), flushed.done());
  EXPECT_TRUE(flushed.ok());
  ASSERT_TRUE(hold(tables({{"a", "1"}, {"b", "1"}})).ok());
  ASSERT_TRUE(ingest(clock.now()).ok());
  shard->let_go();
  EXPECT_EQ(table_files(), 1u);
  EXPECT_EQ(get("x"), "1");
  EXPECT_EQ(get("a"), "1");
}

TEST_F(ShardIngestTest, OneThatIsLetGoWithoutAMomentHasNothing) {
  ASSERT_TRUE(hold(tables({{"a", "1"}})).ok());
  EXPECT_EQ(table_files(), 1u);
  shard->let_go();
  EXPECT_EQ(table_files(), 0u);
  EXPECT_EQ(get("a"), std::nullopt);
  EXPECT_TRUE(write("a", "2")->ok());
}

TEST_F(ShardIngestTest, TablesThatCannotBeMadeReadyAreRefusedAndItServesOn) {
  const OutsideTablesPtr gone = tables({{"a", "1"}});
  ASSERT_TRUE(files.remove(gone->front().path).ok());
  const auto refused = hold(gone);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::not_found);
  EXPECT_FALSE(host.failure);
  EXPECT_TRUE(write("a", "2")->ok());
}

TEST_F(ShardIngestTest, AShardThatCannotFlushForThemIsNotHeld) {
  ASSERT_TRUE(write("a", "1")->ok());
  const OutsideTablesPtr above = tables({{"a", "2"}});
  files.set_room(1);
  const auto refused = hold(above);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::out_of_space);
  EXPECT_FALSE(host.failure);
  EXPECT_EQ(get("a"), "1");

  files.heal();
  host.wait(*shard, std::chrono::seconds(31));
  host.settle(*shard);
  ASSERT_TRUE(hold(above).ok());
  ASSERT_TRUE(ingest(clock.now()).ok());
  shard->let_go();
  EXPECT_EQ(get("a"), "2");
}

TEST_F(ShardIngestTest, OneThatDoesNotKnowWhetherItHasThemEnds) {
  ASSERT_TRUE(hold(tables({{"a", "1"}})).ok());
  files.fail_after(0);
  EXPECT_FALSE(ingest(clock.now()).ok());
  EXPECT_TRUE(host.failure);
  files.heal();
}

TEST_F(ShardIngestTest, OneThatFailsWhileAJobHasComeBackEnds) {
  Answer<Nothing> held;
  Answer<Nothing> ingested;
  for (int round = 0; host.jobs.empty(); ++round) {
    ASSERT_LT(round, 20) << "no merge was due";
    held.result.reset();
    shard->hold(tables({{"a", "1"}, {"z", "1"}}), held.done());
    host.run_one_apart(*shard);
    ASSERT_TRUE(held.ok());
    ingested.result.reset();
    shard->ingest(clock.now(), ingested.done());
    host.run_one_apart(*shard);
    ASSERT_TRUE(ingested.ok());
    shard->let_go();
  }
  held.result.reset();
  shard->hold(tables({{"a", "1"}}), held.done());
  host.run_one_apart(*shard);
  ASSERT_TRUE(held.ok());
  host.run_one_job(*shard);

  files.fail_after(0);
  EXPECT_FALSE(ingest(clock.now()).ok());
  EXPECT_TRUE(host.failure);
  EXPECT_TRUE(host.has_ended);
  files.heal();
}

TEST_F(ShardIngestTest, MergesAreLookedForOnceTablesHaveCome) {
  for (int round = 0; round < 40; ++round) {
    ASSERT_TRUE(hold(tables({{"a", std::to_string(round)}, {"z", "1"}})).ok());
    ASSERT_TRUE(ingest(clock.now()).ok());
    shard->let_go();
    host.settle(*shard);
  }
  EXPECT_LT(table_count(), 20u);
  EXPECT_EQ(get("a"), "39");
}

}  // namespace
}  // namespace coppice::actors
