#include "actors/shard.hpp"

#include <gtest/gtest.h>

#include "actors/throttle.hpp"
#include "engine/table/block_cache.hpp"
#include "tests/actors/manual_host.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

class ShardTest : public testing::Test {
protected:
  ShardTest() {
    options.memtable_size = 64 << 10;
    options.sealed_memtables_max = 1;
    EXPECT_TRUE(files.make_directory("/tree").ok());
    EXPECT_TRUE(engine::Tree::create(env, "/tree", {}).ok());
    open();
    shard->adopt({}, {});
  }
  ~ShardTest() override {
    if (shard == nullptr) return;
    shard->fail({Errc::cancelled, "the test ends"});
    host.settle(*shard);
  }

  void open(uint64_t unsettled = 0) {
    auto tree = engine::Tree::open(env, "/tree", options);
    ASSERT_TRUE(tree.ok()) << to_string(tree.error());
    port = std::make_shared<ShardPort>(1, KeyRange{}, (*tree)->reader(), ShardQueue::Limits{}, [] {});
    shard = std::make_unique<Shard>(host, clock, port, std::move(*tree), unsettled);
  }

  /// A write that waits in the queue.
  Answer<Timestamp>* push(ByteView key, ByteView value = "v", Durability durability = Durability::synced) {
    Answer<Timestamp>* answer = answers.emplace_back(std::make_unique<Answer<Timestamp>>()).get();
    auto request = std::make_unique<WriteRequest>();
    EXPECT_TRUE(request->batch.put(key, value).ok());
    request->durability = durability;
    request->done = answer->done();
    EXPECT_EQ(port->queue.push(request), ShardQueue::Push::taken);
    return answer;
  }
  Answer<Timestamp>* write(ByteView key, ByteView value = "v", Durability durability = Durability::buffered) {
    Answer<Timestamp>* answer = push(key, value, durability);
    shard->turn();
    return answer;
  }

  std::optional<Bytes> get(ByteView key, std::optional<Timestamp> at = std::nullopt) {
    return *port->reader->get(key, {at, false});
  }

  /// Fills memtables until the tree takes no more; flushes are not run.
  void fill() {
    for (int i = 0; i < 40; ++i) {
      write("fill" + std::to_string(i), Bytes(8 << 10, 'f'));
      while (!host.apart.empty()) host.run_one_apart(*shard);
    }
  }

  engine::MemoryFileSystem files;
  engine::BlockCache cache{1 << 20};
  engine::TreeEnv env{files, cache, 7};
  engine::TreeOptions options;
  HybridClock clock;
  ManualHost host;
  std::vector<std::unique_ptr<Answer<Timestamp>>> answers;
  std::shared_ptr<ShardPort> port;
  std::unique_ptr<Shard> shard;
};

TEST_F(ShardTest, AnAnswerComesAfterTheSyncAndNothingIsSeenBefore) {
  auto answer = push("k");
  shard->turn();
  EXPECT_FALSE(answer->result);
  EXPECT_EQ(get("k"), std::nullopt);
  host.run_one_apart(*shard);
  EXPECT_TRUE(answer->ok());
  EXPECT_EQ(get("k"), "v");
}

TEST_F(ShardTest, AllThatWaitsSharesOneAppendAndOneSync) {
  auto first = push("a");
  auto second = push("b");
  auto third = push("c", "v", Durability::memory);
  shard->turn();
  EXPECT_EQ(host.apart.size(), 1u);
  host.settle(*shard);
  EXPECT_LT(**first->result, **second->result);
  EXPECT_LT(**second->result, **third->result);
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  EXPECT_EQ((*stats.result)->writes, 3u);
  EXPECT_EQ((*stats.result)->groups, 1u);
  EXPECT_EQ((*stats.result)->syncs, 1u);
}

TEST_F(ShardTest, AGroupHasOnlySoManyRangeDeletes) {
  for (int i = 0; i < 200; ++i) {
    auto request = std::make_unique<WriteRequest>();
    ASSERT_TRUE(request->batch.delete_range(std::to_string(i), "").ok());
    request->done = answers.emplace_back(std::make_unique<Answer<Timestamp>>())->done();
    ASSERT_EQ(port->queue.push(request), ShardQueue::Push::taken);
  }
  shard->turn();
  host.settle(*shard);
  for (const auto& answer : answers) EXPECT_TRUE(answer->ok());
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  EXPECT_EQ((*stats.result)->groups, 4u);
}

TEST_F(ShardTest, TheNextGroupGathersWhileOneIsSynced) {
  auto first = push("a");
  shard->turn();
  auto second = push("b");
  shard->turn();
  auto third = push("c");
  host.run_one_apart(*shard);
  EXPECT_TRUE(first->ok());
  EXPECT_FALSE(second->result);
  host.run_one_apart(*shard);
  EXPECT_TRUE(second->ok());
  EXPECT_TRUE(third->ok());
}

TEST_F(ShardTest, AFailedSyncAnswersEverythingAndEndsTheShard) {
  auto under_way = push("a");
  shard->turn();
  auto waiting = push("b");
  Answer<Nothing> flush;
  shard->flush(flush.done());
  files.fail_after(0);
  host.settle(*shard);
  files.heal();

  EXPECT_EQ(under_way->code(), Errc::io_error);
  EXPECT_NE(under_way->result->error().text.find("may or may not be kept"), std::string::npos);
  EXPECT_TRUE(flush.failed());
  ASSERT_TRUE(host.failure);
  EXPECT_TRUE(host.has_ended);
  EXPECT_EQ(get("a"), std::nullopt);
  // What came into the queue later is for the router to answer.
  EXPECT_FALSE(waiting->result);
  WriteList left = port->queue.close();
  left.pop_front()->done(Error{Errc::unavailable, ""});
}

TEST_F(ShardTest, AFailureEndsTheShardOnlyWhenItsWorkIsHome) {
  push("a");
  shard->turn();
  shard->fail({Errc::io_error, "told to"});
  EXPECT_TRUE(host.failure);
  EXPECT_FALSE(host.has_ended);
  host.settle(*shard);
  EXPECT_TRUE(host.has_ended);
}

TEST_F(ShardTest, WritesWaitWhileFlushingFallsBehindAndAreRefusedInTheEnd) {
  fill();
  auto patient = write("patient");
  EXPECT_FALSE(patient->result);
  host.wait(*shard, kStallStep);
  EXPECT_FALSE(patient->result);
  host.wait(*shard, kStallMax);
  ASSERT_TRUE(patient->failed());
  EXPECT_EQ(patient->code(), Errc::unavailable);
  EXPECT_GT(patient->result->error().retry_after_ms, 0u);
  EXPECT_EQ(port->queue.operations(), 0u);

  host.settle(*shard);
  auto later = write("later");
  host.settle(*shard);
  EXPECT_TRUE(later->ok());
}

TEST_F(ShardTest, WritesThatWaitedGoOnOnceAFlushIsDone) {
  fill();
  auto patient = write("patient");
  EXPECT_FALSE(patient->result);
  for (int i = 0; i < 10 && !patient->result; ++i) {
    host.settle(*shard);
    host.wait(*shard, kStallStep);
  }
  EXPECT_TRUE(patient->ok());
}

TEST_F(ShardTest, AFullMemtableIsFlushed) {
  fill();
  host.settle(*shard);
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  EXPECT_TRUE(flush.ok());
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  EXPECT_GE((*stats.result)->tree.flushes, 2u);
  EXPECT_EQ((*stats.result)->tree.sealed_memtables, 0u);
}

TEST_F(ShardTest, AFlushThatFindsNoSpaceSaysSoAndIsTriedAgain) {
  write("k");
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.run_one_apart(*shard);  // seals
  ASSERT_EQ(host.jobs.size(), 1u);
  files.set_room(0);
  host.settle(*shard);
  ASSERT_TRUE(flush.failed());
  EXPECT_EQ(flush.code(), Errc::out_of_space);
  EXPECT_FALSE(host.failure);
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  EXPECT_NE((*stats.result)->problem, "");

  files.heal();
  host.wait(*shard, std::chrono::seconds(1));
  host.settle(*shard);
  Answer<ShardStats> mended;
  shard->stats(mended.done());
  EXPECT_EQ((*mended.result)->problem, "");
  EXPECT_EQ((*mended.result)->tree.flushes, 1u);
}

TEST_F(ShardTest, ASnapshotWaitsForTheGroupUnderWayAndKeepsWhatItSaw) {
  write("k", "old");
  push("k", "new", Durability::synced);
  shard->turn();
  const Timestamp moment = clock.now();
  Answer<bool> kept;
  shard->advance(moment, kept.done());
  EXPECT_FALSE(kept.result);
  host.run_one_apart(*shard);
  ASSERT_TRUE(kept.ok());
  EXPECT_TRUE(**kept.result);

  write("k", "newest");
  Answer<Nothing> compact;
  shard->compact({}, compact.done());
  host.settle(*shard);
  host.wait(*shard, kStallStep);
  host.settle(*shard);
  ASSERT_TRUE(compact.ok());
  EXPECT_EQ(get("k", moment), "new");
  EXPECT_EQ(get("k"), "newest");
}

TEST_F(ShardTest, AMomentBeforeAPlannedFlushIsTooFarBack) {
  const Timestamp early = clock.now();
  write("k", "1");
  Answer<Nothing> flush;
  shard->flush(flush.done());
  host.settle(*shard);
  Answer<bool> kept;
  shard->advance(early, kept.done());
  EXPECT_FALSE(**kept.result);
  Answer<bool> later;
  shard->advance(clock.now(), later.done());
  EXPECT_TRUE(**later.result);
}

std::shared_ptr<SpanningGroup> group_at(Timestamp commit) {
  auto group = std::make_shared<SpanningGroup>();
  SpanningGroup::Write& write = group->writes.emplace_back();
  write.commit = commit;
  for (const uint64_t id : std::initializer_list<uint64_t>{1, 2}) {
    write.parts.push_back({id, {}});
    EXPECT_TRUE(write.parts.back().batch.put("of" + std::to_string(id), "spanning").ok());
  }
  for (const BatchPart& part : write.parts) write.logged.push_back({part.shard, part.batch.bytes()});
  return group;
}

TEST_F(ShardTest, AHeldShardLogsAndShowsItsPartBeforeAnythingElse) {
  push("a");
  shard->turn();
  Answer<Nothing> held;
  shard->hold(held.done());
  EXPECT_FALSE(held.result);
  host.run_one_apart(*shard);
  ASSERT_TRUE(held.ok());

  auto waiting = write("of1", "later");
  const Timestamp moment = clock.now();
  Answer<Nothing> logged;
  shard->log_spanning(group_at(moment), logged.done());
  EXPECT_FALSE(logged.result);
  host.run_one_apart(*shard);
  ASSERT_TRUE(logged.ok());
  EXPECT_EQ(get("of1"), std::nullopt);
  EXPECT_FALSE(waiting->result);

  Answer<Nothing> applied;
  shard->apply_spanning(applied.done());
  ASSERT_TRUE(applied.ok());
  EXPECT_TRUE(waiting->ok());
  EXPECT_EQ(get("of1", moment), "spanning");
  EXPECT_EQ(get("of1"), "later");
  EXPECT_EQ(get("of2"), std::nullopt);
}

TEST_F(ShardTest, AShardThatIsLetGoServesOn) {
  Answer<Nothing> held;
  shard->hold(held.done());
  ASSERT_TRUE(held.ok());
  auto waiting = write("k");
  EXPECT_FALSE(waiting->result);
  shard->let_go();
  EXPECT_TRUE(waiting->ok());
}

TEST_F(ShardTest, ACutShardHandsBackWhatItHadTakenAndLeavesTwoTrees) {
  write("a");
  write("z");
  auto syncing = push("b");
  shard->turn();
  auto waiting = push("c");
  shard->turn();
  Answer<std::shared_ptr<WriteList>> cut;
  shard->cut({"m", "/left", "/right"}, cut.done());
  host.settle(*shard);
  ASSERT_TRUE(cut.ok());
  EXPECT_TRUE(syncing->ok());

  // The write that came meanwhile is in the list or still in the queue: nowhere else, and not answered.
  EXPECT_FALSE(waiting->result);
  WriteList left = std::move(***cut.result);
  left.append(port->queue.close());
  auto request = left.pop_front();
  ASSERT_NE(request, nullptr);
  request->done(Error{Errc::unavailable, ""});
  EXPECT_EQ(left.pop_front(), nullptr);

  const auto left_tree = engine::Tree::open(env, "/left", options);
  const auto right_tree = engine::Tree::open(env, "/right", options);
  ASSERT_TRUE(left_tree.ok() && right_tree.ok());
  EXPECT_EQ(*(*left_tree)->reader()->get("a", {}), "v");
  EXPECT_EQ(*(*left_tree)->reader()->get("b", {}), "v");
  EXPECT_EQ(*(*right_tree)->reader()->get("z", {}), "v");
}

TEST_F(ShardTest, CallsThatMeetACutAreSentToTheHalves) {
  write("a");
  Answer<std::shared_ptr<WriteList>> cut;
  shard->cut({"m", "/left", "/right"}, cut.done());
  host.run_one_apart(*shard);  // seals
  host.run_one_job(*shard);    // flushes
  host.run_one_apart(*shard);  // installs
  ASSERT_EQ(host.apart.size(), 1u) << "the split should be away";
  Answer<Nothing> flush;
  shard->flush(flush.done());
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  host.settle(*shard);
  ASSERT_TRUE(cut.ok());
  Answer<Nothing> late;
  shard->compact({}, late.done());
  for (const Errc code : {flush.code(), stats.code(), late.code()}) EXPECT_EQ(code, Errc::moved);
}

TEST_F(ShardTest, AShardThatKeepsARecordForAnotherIsNotCut) {
  shard->close({}, [](const Result<Nothing>&) {});
  host.settle(*shard);
  shard.reset();
  open(1);
  shard->adopt({}, {});
  Answer<std::shared_ptr<WriteList>> cut;
  shard->cut({"m", "/left", "/right"}, cut.done());
  ASSERT_TRUE(cut.failed());
  EXPECT_EQ(cut.code(), Errc::unavailable);
  EXPECT_TRUE(write("k")->ok());
}

TEST_F(ShardTest, AClosingShardCommitsWhatItHoldsAndWhatItIsGiven) {
  auto waiting = push("a");
  Answer<Timestamp> given;
  WriteList leftover;
  auto request = std::make_unique<WriteRequest>();
  ASSERT_TRUE(request->batch.put("b", "v").ok());
  request->done = given.done();
  leftover.push_back(std::move(request));

  Answer<Nothing> closed;
  shard->close(std::move(leftover), closed.done());
  host.settle(*shard);
  EXPECT_TRUE(closed.ok());
  EXPECT_TRUE(waiting->ok());
  EXPECT_TRUE(given.ok());
  EXPECT_TRUE(host.has_ended);
  shard.reset();
  open();
  EXPECT_EQ(get("a"), "v");
  EXPECT_EQ(get("b"), "v");
}

TEST_F(ShardTest, InheritedWritesComeBeforeTheQueue) {
  shard->close({}, [](const Result<Nothing>&) {});
  host.settle(*shard);
  shard.reset();
  open();
  auto queued = push("k", "queued", Durability::buffered);
  auto inherited = std::make_unique<WriteRequest>();
  ASSERT_TRUE(inherited->batch.put("k", "inherited").ok());
  inherited->durability = Durability::buffered;
  Answer<Timestamp> answer;
  inherited->done = answer.done();
  WriteList list;
  list.push_back(std::move(inherited));
  shard->adopt({}, std::move(list));
  EXPECT_LT(**answer.result, **queued->result);
  EXPECT_EQ(get("k"), "queued");
}

}  // namespace
}  // namespace coppice::actors
