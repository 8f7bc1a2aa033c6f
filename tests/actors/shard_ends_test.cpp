// How a shard ends: failed, cut in two, or closed.
#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {
namespace {

class ShardEndsTest : public ShardFixture {};

TEST_F(ShardEndsTest, AFailedSyncAnswersEverythingAndEndsTheShard) {
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

TEST_F(ShardEndsTest, AFailureEndsTheShardOnlyWhenItsWorkIsHome) {
  push("a");
  shard->turn();
  shard->fail({Errc::io_error, "told to"});
  EXPECT_TRUE(host.failure);
  EXPECT_FALSE(host.has_ended);
  host.settle(*shard);
  EXPECT_TRUE(host.has_ended);
}

TEST_F(ShardEndsTest, ACutShardHandsBackWhatItHadTakenAndLeavesTwoTrees) {
  write("a");
  write("z");
  auto syncing = push("b");
  shard->turn();
  auto waiting = push("c");
  shard->turn();
  Answer<std::shared_ptr<WriteList>> cut;
  shard->cut({"m", {"/left"}, {"/right"}}, cut.done());
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

TEST_F(ShardEndsTest, CallsThatMeetACutAreSentToTheHalves) {
  write("a");
  Answer<std::shared_ptr<WriteList>> cut;
  shard->cut({"m", {"/left"}, {"/right"}}, cut.done());
  host.run_one_apart(*shard);  // seals
  host.run_one_job(*shard);    // flushes
  host.run_one_apart(*shard);  // installs
  host.run_one_apart(*shard);  // removes logs
  ASSERT_EQ(host.apart.size(), 1u) << "the split should be away";
  Answer<Nothing> flush;
  shard->flush(flush.done());
  Answer<ShardStats> stats;
  shard->stats(stats.done());
  host.settle(*shard);
  ASSERT_TRUE(cut.ok());
  Answer<Nothing> late;
  shard->compact({}, merge_of_all(), late.done());
  for (const Errc code : {flush.code(), stats.code(), late.code()}) EXPECT_EQ(code, Errc::moved);
}

TEST_F(ShardEndsTest, AShardThatKeepsARecordForAnotherIsNotCut) {
  shard->close({}, [](const Result<Nothing>&) {});
  host.settle(*shard);
  shard.reset();
  open(1);
  shard->adopt({}, {});
  Answer<std::shared_ptr<WriteList>> cut;
  shard->cut({"m", {"/left"}, {"/right"}}, cut.done());
  ASSERT_TRUE(cut.failed());
  EXPECT_EQ(cut.code(), Errc::unavailable);
  EXPECT_TRUE(write("k")->ok());
}

TEST_F(ShardEndsTest, AClosingShardCommitsWhatItHoldsAndWhatItIsGiven) {
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

}  // namespace
}  // namespace coppice::actors
