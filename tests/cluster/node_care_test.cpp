// Who takes care of a node, and what a node lets go of.
#include <atomic>
#include <thread>

#include "tests/cluster/node_fixture.hpp"

namespace coppice::cluster {
namespace {

using NodeCareTest = NodeTest;

TEST_F(NodeCareTest, ADroppedSnapshotIsReleased) {
  start();
  auto client = connect();
  auto watcher = connect();
  const auto held = [&]() {
    uint32_t count = 0;
    const auto stats = watcher->stats();
    EXPECT_TRUE(stats.ok());
    for (const auto& shard : stats->shards) count = std::max(count, shard.snapshots);
    return count;
  };
  auto snapshot = client->snapshot();
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(held(), 1u);
  *snapshot = nullptr;
  EXPECT_TRUE(eventually([&]() { return held() == 0; }));

  // And so is one whose client vanishes.
  snapshot = client->snapshot();
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(held(), 1u);
  client.reset();
  EXPECT_TRUE(eventually([&]() { return held() == 0; }));
}

TEST_F(NodeCareTest, AMergeIsWatchedAndEndedByItsWatcher) {
  start();
  auto client = connect();
  fill(*client, 1000, "v");
  ASSERT_TRUE(client->set_merging(client::Merging::paused).ok());
  EXPECT_EQ(client->stats()->merging, client::Merging::paused);
  std::vector<client::RangeMerge> seen;
  const Status ended = client->compact({key(0), key(500)}, [&](const client::RangeMerge& merge) {
    seen.push_back(merge);
    return seen.size() < 2;
  });
  EXPECT_EQ(ended.error().code, Errc::cancelled);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].id, seen[1].id);
  EXPECT_EQ(seen[0].range, (KeyRange{key(0), key(500)}));
  EXPECT_TRUE(eventually([&]() { return client->stats()->merges.empty(); }));

  ASSERT_TRUE(client->set_merging(client::Merging::on).ok());
  EXPECT_TRUE(client->compact().ok());
}

TEST_F(NodeCareTest, AMergeIsEndedByAnotherClientOrByTheEndOfItsOwn) {
  start();
  auto client = connect();
  fill(*client, 1000, "v");
  ASSERT_TRUE(client->set_merging(client::Merging::paused).ok());
  Status answered;
  // It ends while the next look is still to come; what that leaves behind the address sanitizer sees.
  std::atomic<bool> looked = false;
  std::thread other(
      [&]() { answered = connect()->compact({}, [&](const client::RangeMerge&) { return looked = true; }); });
  ASSERT_TRUE(eventually([&]() { return looked.load(); }));
  ASSERT_EQ(client->stats()->merges.size(), 1u);
  ASSERT_TRUE(client->cancel_merge(client->stats()->merges.front().id).ok());
  other.join();
  EXPECT_EQ(answered.error().code, Errc::cancelled);
  EXPECT_EQ(client->cancel_merge(1'000).error().code, Errc::not_found);

  // Whoever loses patience takes its merge along.
  std::thread impatient([&]() {
    int looks = 0;
    (void)connect()->compact({}, [&](const client::RangeMerge&) { return ++looks < 2; });
  });
  impatient.join();
  EXPECT_TRUE(eventually([&]() { return client->stats()->merges.empty(); }));
}

TEST_F(NodeCareTest, CareReachesTheStore) {
  start();
  auto client = connect();
  fill(*client, 1000, "v");
  EXPECT_TRUE(client->flush().ok());
  EXPECT_TRUE(client->compact({key(0), key(500)}).ok());
  const auto report = client->verify();
  ASSERT_TRUE(report.ok());
  EXPECT_GE(report->tables, 1u);
  EXPECT_GE(report->entries, 1000u);
  EXPECT_TRUE(report->problems.empty());

  const auto shards = client->split(key(500));
  ASSERT_TRUE(shards.ok()) << to_string(shards.error());
  EXPECT_NE(shards->left, shards->right);
  EXPECT_EQ(client->split(key(500)).error().code, Errc::invalid_argument);

  const auto stats = client->stats();
  ASSERT_TRUE(stats.ok());
  EXPECT_FALSE(stats->version.empty());
  EXPECT_EQ(stats->connections, 1u);
  ASSERT_EQ(stats->shards.size(), boundaries.size() + 2);
  EXPECT_EQ(stats->shards.front().range.begin, "");
  EXPECT_EQ(stats->shards.back().range.end, std::nullopt);
  size_t entries = 0;
  EXPECT_EQ(*client->scan({}, [&](auto page) { return (entries += page.size()) > 0; }), 1000u);
  EXPECT_EQ(entries, 1000u);
}

TEST_F(NodeCareTest, AStopAnswersWhatIsUnderWay) {
  start();
  auto client = connect();
  client::Batch batch;
  ASSERT_TRUE(batch.put("last", "word").ok());
  size_t answered = 0;
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(client->write_async(batch, Durability::synced, [&](auto) { ++answered; }).ok());
  std::thread stopping([this]() { node->stop(); });
  (void)client->wait();
  stopping.join();
  EXPECT_EQ(answered, 100u);
  EXPECT_EQ(client->get("last").error().code, Errc::io_error);
  EXPECT_FALSE(client->connected());
}

TEST_F(NodeCareTest, AnAddressInUseIsRefused) {
  start();
  NodeOptions second = options;
  second.listen = node->address();
  const auto refused = Node::start(*store, second);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::in_use);
}

}  // namespace
}  // namespace coppice::cluster
