// What a client can do at a node, end to end.
#include <map>
#include <thread>

#include "tests/cluster/node_fixture.hpp"

namespace coppice::cluster {
namespace {

using Value = std::optional<Bytes>;

/// The entries that a scan gives, in its order.
std::vector<std::pair<Bytes, Bytes>> scan(client::Client& client, const client::ScanOptions& options) {
  std::vector<std::pair<Bytes, Bytes>> all;
  const auto count = client.scan(options, [&](auto page) {
    for (const auto& entry : page) all.emplace_back(entry.key, entry.value);
    return true;
  });
  EXPECT_TRUE(count.ok()) << to_string(count.error());
  EXPECT_EQ(*count, all.size());
  return all;
}

client::ScanOptions within(KeyRange range) {
  client::ScanOptions scan;
  scan.range = std::move(range);
  return scan;
}

TEST_F(NodeTest, WhatIsPutIsRead) {
  start();
  auto client = connect();
  const auto first = client->put("key", "value");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*client->get("key"), Value("value"));
  EXPECT_EQ(*client->get("other"), Value());
  const auto second = client->remove("key", Durability::memory);
  ASSERT_TRUE(second.ok());
  EXPECT_GT(*second, *first);
  EXPECT_EQ(*client->get("key"), Value());
}

TEST_F(NodeTest, AWriteKeepsToItsConditions) {
  boundaries = {"m"};
  start();
  auto client = connect();
  client::Batch batch;
  ASSERT_TRUE(batch.put("key", "first").ok());
  const std::vector<client::Condition> absent{{"key", kTimestampMin}};
  const auto first = client->write_if(absent, batch);
  ASSERT_TRUE(first.ok()) << to_string(first.error());
  ASSERT_TRUE(first->commit);
  const auto found = client->get_versioned("key");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->value, "first");
  EXPECT_EQ(found->version, *first->commit);
  EXPECT_EQ(client->get_versioned("other")->version, kTimestampMin);

  const std::vector<client::Condition> both{{"key", found->version}, {"a", Timestamp{5}}};
  const auto second = client->write_if(both, batch);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->commit);
  EXPECT_EQ(second->failed, 1u);
  EXPECT_EQ(second->version, kTimestampMin);

  const std::vector<client::Condition> elsewhere{{"z", kTimestampMin}};
  EXPECT_EQ(client->write_if(elsewhere, batch).error().code, Errc::unsupported);
  EXPECT_EQ(client->write_if(absent, client::Batch()).error().code, Errc::invalid_argument);
  const std::vector<client::Condition> many(2000, {"key", kTimestampMin});
  EXPECT_EQ(client->write_if(many, batch).error().code, Errc::invalid_argument);
}

TEST_F(NodeTest, MergesChangeWhatIsThere) {
  boundaries = {"m"};
  start();
  auto client = connect();
  client::Batch batch;
  for (const char* key : {"a", "z"}) {
    ASSERT_TRUE(batch.merge(key, Operator::add, number_value(5)).ok());
    ASSERT_TRUE(batch.merge(key, Operator::max, number_value(7)).ok());
    ASSERT_TRUE(batch.merge(key, Operator::append, "!").ok());
  }
  EXPECT_EQ(batch.merge("a", Operator::add, "5").error().code, Errc::invalid_argument);
  ASSERT_TRUE(client->write(batch).ok());
  ASSERT_TRUE(client->merge("a", Operator::append, "!").ok());
  EXPECT_EQ(*client->get("a"), Value(number_value(7) + "!!"));
  EXPECT_EQ(*client->get("z"), Value(number_value(7) + "!"));
}

TEST_F(NodeTest, BytesOfEveryKindComeThrough) {
  start();
  auto client = connect();
  Bytes all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  ASSERT_TRUE(client->put(all, all).ok());
  ASSERT_TRUE(client->put("empty", "").ok());
  EXPECT_EQ(*client->get(all), Value(all));
  EXPECT_EQ(*client->get("empty"), Value(""));
}

TEST_F(NodeTest, ABatchSpansShards) {
  start();
  auto client = connect();
  client::Batch batch;
  for (const char* key : {"a", "h", "z"}) ASSERT_TRUE(batch.put(key, "1").ok());
  ASSERT_TRUE(batch.put("a", "2").ok());
  ASSERT_TRUE(batch.remove("h").ok());
  ASSERT_TRUE(client->write(batch).ok());
  const std::vector<Bytes> keys = {"z", "a", "h", "none", "a"};
  EXPECT_EQ(*client->get_many(keys), (std::vector<Value>{"1", "2", std::nullopt, std::nullopt, "2"}));
}

TEST_F(NodeTest, ManyKeysOfManyShardsAreReadAtOnce) {
  start();
  auto client = connect();
  fill(*client, 3000, "v");
  std::vector<Bytes> keys;
  for (size_t i = 0; i < 3010; ++i) keys.push_back(key(i));
  const auto values = client->get_many(keys);
  ASSERT_TRUE(values.ok());
  ASSERT_EQ(values->size(), 3010u);
  for (size_t i = 0; i < 3010; ++i) EXPECT_EQ((*values)[i], i < 3000 ? Value("v") : Value());
  EXPECT_TRUE(client->get_many({}).value().empty());
}

TEST_F(NodeTest, ARangeIsDeleted) {
  start();
  auto client = connect();
  fill(*client, 3000, "v");
  ASSERT_TRUE(client->delete_range({key(10), key(2990)}).ok());
  EXPECT_EQ(scan(*client, {}).size(), 20u);
}

TEST_F(NodeTest, AScanGivesEveryEntryInOrder) {
  start();
  auto client = connect();
  fill(*client, 5000, Bytes(300, 'v'));
  const auto all = scan(*client, {});
  ASSERT_EQ(all.size(), 5000u);
  for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].first, key(i));

  client::ScanOptions reverse = within({key(100), key(4900)});
  reverse.reverse = true;
  reverse.limit = 4000;
  reverse.keys_only = true;
  const auto backwards = scan(*client, reverse);
  ASSERT_EQ(backwards.size(), 4000u);
  for (size_t i = 0; i < backwards.size(); ++i)
    ASSERT_EQ(backwards[i], (std::pair<Bytes, Bytes>(key(4899 - i), "")));
}

TEST_F(NodeTest, AScanOfNothingEnds) {
  start();
  auto client = connect();
  EXPECT_TRUE(scan(*client, {}).empty());
  EXPECT_TRUE(scan(*client, within({"b", "a"})).empty());
  EXPECT_TRUE(scan(*client, within({"b", ""})).empty());
}

TEST_F(NodeTest, AProgramThatHasEnoughEndsTheScan) {
  start();
  auto client = connect();
  fill(*client, 20000, Bytes(500, 'v'));
  uint64_t taken = 0;
  const auto count = client->scan({}, [&](auto page) {
    taken += page.size();
    return taken < 1000;
  });
  EXPECT_EQ(*count, taken);
  EXPECT_LT(taken, 10000u);
  EXPECT_EQ(*client->get(key(19999)), Value(Bytes(500, 'v')));
}

TEST_F(NodeTest, ASnapshotStaysAsItWas) {
  start();
  auto client = connect();
  ASSERT_TRUE(client->put("a", "1").ok());
  const auto snapshot = client->snapshot();
  ASSERT_TRUE(snapshot.ok());
  ASSERT_TRUE(client->put("a", "2").ok());
  ASSERT_TRUE(client->put("z", "2").ok());
  EXPECT_EQ(*client->get("a", *snapshot), Value("1"));
  EXPECT_EQ(client->get_many(std::vector<Bytes>{"a", "z"}, *snapshot).value(),
            (std::vector<Value>{"1", std::nullopt}));
  client::ScanOptions then;
  then.snapshot = *snapshot;
  EXPECT_EQ(scan(*client, then).size(), 1u);
  EXPECT_GT((*snapshot)->timestamp(), kTimestampMin);
}

TEST_F(NodeTest, APutMayLiveForATime) {
  start();
  auto client = connect();
  ASSERT_TRUE(client->put_for("short", "v", 1).ok());
  ASSERT_TRUE(client->put_for("long", "v", 3'600'000).ok());
  EXPECT_EQ(client->put_for("k", "v", 0).error().code, Errc::invalid_argument);
  client::Batch batch;
  ASSERT_TRUE(batch.put_for("short too", "v", 1).ok());
  ASSERT_TRUE(batch.put("stays", "v").ok());
  ASSERT_TRUE(client->write(batch).ok());
  EXPECT_TRUE(eventually([&]() { return !*client->get("short") && !*client->get("short too"); }));
  EXPECT_EQ(*client->get("long"), Value("v"));
  EXPECT_EQ(*client->get("stays"), Value("v"));
}

TEST_F(NodeTest, ItsHistoryCanBeRead) {
  retention_ms = 3'600'000;
  start();
  auto client = connect();
  const auto first = client->put("a", "1");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(client->put("a", "2").ok());
  const auto then = client->snapshot_at(*first);
  ASSERT_TRUE(then.ok()) << to_string(then.error());
  EXPECT_EQ((*then)->timestamp(), *first);
  EXPECT_EQ(*client->get("a", *then), Value("1"));
  EXPECT_EQ(client->snapshot_at(kTimestampMin).error().code, Errc::invalid_argument);
  EXPECT_EQ(client->snapshot_at(kTimestampMax).error().code, Errc::invalid_argument);
}

TEST_F(NodeTest, ManyPipelinedCallsOnManyConnections) {
  start();
  std::vector<std::unique_ptr<client::Client>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(connect());
  size_t written = 0;
  for (size_t i = 0; i < 5000; ++i) {
    client::Batch batch;
    ASSERT_TRUE(batch.put(key(i), key(i)).ok());
    ASSERT_TRUE(clients[i % 50]
                    ->write_async(batch, Durability::memory, [&](auto done) { written += done.ok(); })
                    .ok());
  }
  for (auto& client : clients) ASSERT_TRUE(client->wait().ok());
  EXPECT_EQ(written, 5000u);

  size_t right = 0;
  for (size_t i = 0; i < 5000; ++i)
    ASSERT_TRUE(clients[i % 50]
                    ->get_async(key(i), nullptr,
                                [&right, i](auto value) { right += value.ok() && *value == Value(key(i)); })
                    .ok());
  for (auto& client : clients) ASSERT_TRUE(client->wait().ok());
  EXPECT_EQ(right, 5000u);
}

TEST_F(NodeTest, SeveralThreadsEachWithAClient) {
  start();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([this, thread]() {
      auto client = connect();
      for (int i = 0; i < 200; ++i) {
        const Bytes name = std::to_string(thread) + "." + std::to_string(i);
        ASSERT_TRUE(client->put(name, name, Durability::memory).ok());
        ASSERT_EQ(*client->get(name), Value(name));
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST_F(NodeTest, LargeValuesComeThrough) {
  start();
  auto client = connect();
  const Bytes large(20 << 20, 'x');
  ASSERT_TRUE(client->put("large", large, Durability::buffered).ok());
  EXPECT_EQ(*client->get("large"), Value(large));
  EXPECT_EQ(scan(*client, {}), (std::vector<std::pair<Bytes, Bytes>>{{"large", large}}));
}

TEST_F(NodeTest, AnAnswerPastItsLimitIsRefused) {
  start();
  auto client = connect();
  ASSERT_TRUE(client->put("large", Bytes(20 << 20, 'x'), Durability::buffered).ok());
  EXPECT_EQ(client->get_many(std::vector<Bytes>(4, "large")).error().code, Errc::invalid_argument);
  EXPECT_EQ(client->get_many(std::vector<Bytes>(2, "large")).value().size(), 2u);
}

}  // namespace
}  // namespace coppice::cluster
