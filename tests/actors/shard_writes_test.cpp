// How a shard commits: groups, pauses, and its part of batches over several shards.
#include "actors/throttle.hpp"
#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {
namespace {

class ShardWritesTest : public ShardFixture {};

TEST_F(ShardWritesTest, AnAnswerComesAfterTheSyncAndNothingIsSeenBefore) {
  auto answer = push("k");
  shard->turn();
  EXPECT_FALSE(answer->result);
  EXPECT_EQ(get("k"), std::nullopt);
  host.run_one_apart(*shard);
  EXPECT_TRUE(answer->ok());
  EXPECT_EQ(get("k"), "v");
}

TEST_F(ShardWritesTest, AllThatWaitsSharesOneAppendAndOneSync) {
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

TEST_F(ShardWritesTest, GroupsPauseWhileFlushesAreBehind) {
  Answer<Nothing> closed;
  shard->close({}, closed.done());
  host.settle(*shard);
  ASSERT_TRUE(closed.ok());
  shard.reset();
  options.sealed_memtables_max = 4;
  open();
  shard->adopt({}, {});

  // Memtables are sealed, and no flush comes back.
  Answer<Timestamp>* last = nullptr;
  int count = 0;
  do {
    last = write("k" + std::to_string(count), Bytes(1 << 10, 'v'));
    while (!host.apart.empty()) host.run_one_apart(*shard);
  } while (last->result && ++count < 1'000);
  ASSERT_FALSE(last->result) << "no write had to wait";
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  EXPECT_LT((*stats.result)->tree.debt, 1.0);
  EXPECT_GT((*stats.result)->tree.debt, 0.0);
  const auto memtables = static_cast<size_t>(engine::StallReason::memtables);
  EXPECT_EQ((*stats.result)->stalls[memtables].count, 1u);
  EXPECT_GT((*stats.result)->stalls[memtables].us, 0u);

  // Another write does not end the pause; time does.
  auto behind = write("behind");
  EXPECT_FALSE(last->result);
  host.wait(*shard, std::chrono::duration_cast<std::chrono::milliseconds>(engine::WritePace::kWaitMax));
  EXPECT_TRUE(last->ok());
  EXPECT_TRUE(behind->ok());

  // Once they have come back nobody waits.
  host.settle(*shard);
  EXPECT_TRUE(write("l")->ok());
  EXPECT_TRUE(write("l")->ok());
}

TEST_F(ShardWritesTest, AGroupHasOnlySoManyRangeDeletes) {
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

TEST_F(ShardWritesTest, TheNextGroupGathersWhileOneIsSynced) {
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

TEST_F(ShardWritesTest, WritesWaitWhileFlushingFallsBehindAndAreRefusedInTheEnd) {
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

TEST_F(ShardWritesTest, WritesThatWaitedGoOnOnceAFlushIsDone) {
  fill();
  auto patient = write("patient");
  EXPECT_FALSE(patient->result);
  for (int i = 0; i < 10 && !patient->result; ++i) {
    host.settle(*shard);
    host.wait(*shard, kStallStep);
  }
  EXPECT_TRUE(patient->ok());
}

TEST_F(ShardWritesTest, InheritedWritesComeBeforeTheQueue) {
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

TEST_F(ShardWritesTest, AHeldShardLogsAndShowsItsPartBeforeAnythingElse) {
  push("a");
  shard->turn();
  Answer<Nothing> held;
  shard->hold(1000, held.done());
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

TEST_F(ShardWritesTest, ASnapshotOfAHeldShardWaitsAndSeesTheBatch) {
  write("of1", "before");
  Answer<Nothing> held;
  shard->hold(1000, held.done());
  Answer<Nothing> logged;
  shard->log_spanning(group_at(clock.now()), logged.done());
  const Timestamp moment = clock.now();
  Answer<Timestamp> kept;
  shard->advance(moment, kept.done());
  host.run_one_apart(*shard);
  ASSERT_TRUE(logged.ok());
  EXPECT_FALSE(kept.result);

  Answer<Nothing> applied;
  shard->apply_spanning(applied.done());
  ASSERT_TRUE(kept.ok());
  EXPECT_LE(**kept.result, moment);
  EXPECT_EQ(get("of1", moment), "spanning");
}

TEST_F(ShardWritesTest, AShardWithoutRoomForABatchOverShardsIsNotHeld) {
  write("k", "1");
  files.set_room(500);
  Answer<Nothing> held;
  shard->hold(50'000, held.done());
  ASSERT_TRUE(held.failed());
  EXPECT_EQ(held.code(), Errc::out_of_space);
  EXPECT_GT(held.result->error().retry_after_ms, 0u);
  EXPECT_FALSE(host.failure);
  EXPECT_EQ(get("k"), "1");
  // What still fits is written; what does not is refused by itself.
  files.set_room(1);
  EXPECT_TRUE(write("k", "2")->ok());
  auto large = write("l", Bytes(50'000, 'l'));
  ASSERT_TRUE(large->failed());
  EXPECT_EQ(large->code(), Errc::out_of_space);
  files.set_room(1);
  EXPECT_TRUE(write("k", "3")->ok());
  EXPECT_FALSE(host.failure);
  EXPECT_EQ(get("k"), "3");

  files.heal();
  EXPECT_TRUE(write("l", Bytes(50'000, 'l'))->ok());
  Answer<Nothing> again;
  shard->hold(50'000, again.done());
  host.settle(*shard);
  EXPECT_TRUE(again.ok());
}

TEST_F(ShardWritesTest, WhatAHeldShardWasAskedForFindsRoomWhateverOthersTake) {
  const Timestamp moment = clock.now();
  const auto group = group_at(moment);
  Answer<Nothing> held;
  shard->hold(group->log_size_of(1), held.done());
  ASSERT_TRUE(held.ok());
  files.set_room(1);
  Answer<Nothing> logged;
  shard->log_spanning(group, logged.done());
  host.settle(*shard);
  ASSERT_TRUE(logged.ok());
  Answer<Nothing> applied;
  shard->apply_spanning(applied.done());
  EXPECT_TRUE(applied.ok());
  EXPECT_EQ(get("of1"), "spanning");
}

TEST_F(ShardWritesTest, AShardThatIsLetGoServesOn) {
  Answer<Nothing> held;
  shard->hold(1000, held.done());
  ASSERT_TRUE(held.ok());
  auto waiting = write("k");
  EXPECT_FALSE(waiting->result);
  shard->let_go();
  EXPECT_TRUE(waiting->ok());
}

}  // namespace
}  // namespace coppice::actors
