#include "actors/routing_table.hpp"

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

RoutingTable table() {
  return RoutingTable({{1, {"", "h"}, nullptr}, {2, {"h", "q"}, nullptr}, {3, {"q", std::nullopt}, nullptr}});
}

std::vector<uint64_t> shards_of(const KeyRange& range) {
  const RoutingTable routes = table();
  std::vector<uint64_t> ids;
  for (const Route& route : routes.find_overlapping(range)) ids.push_back(route.shard);
  return ids;
}

TEST(RoutingTableTest, FindsTheShardThatOwnsAKey) {
  EXPECT_EQ(table().find("a").shard, 1u);
  EXPECT_EQ(table().find("gzzz").shard, 1u);
  EXPECT_EQ(table().find("h").shard, 2u);
  EXPECT_EQ(table().find("\xff").shard, 3u);
}

TEST(RoutingTableTest, FindsTheShardsOfARange) {
  EXPECT_EQ(shards_of({}), (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_EQ(shards_of({"a", "h"}), (std::vector<uint64_t>{1}));
  EXPECT_EQ(shards_of({"a", Bytes("h\0", 2)}), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(shards_of({"h", "q"}), (std::vector<uint64_t>{2}));
  EXPECT_EQ(shards_of({"q", std::nullopt}), (std::vector<uint64_t>{3}));
  EXPECT_EQ(shards_of({"k", "k"}), std::vector<uint64_t>());
}

TEST(RoutingTableTest, KnowsWhetherOneShardOwnsAWholeBatch) {
  const RoutingTable routes = table();
  engine::Batch batch;
  ASSERT_TRUE(batch.put("i", "v").ok());
  ASSERT_TRUE(batch.delete_range("j", "q").ok());
  ASSERT_NE(routes.find_only(batch), nullptr);
  EXPECT_EQ(routes.find_only(batch)->shard, 2u);
  ASSERT_TRUE(batch.delete_range("p", "r").ok());
  EXPECT_EQ(routes.find_only(batch), nullptr);
}

TEST(RoutingTableTest, ARangeDeleteWithoutAnEndBelongsToTheLastShardOnly) {
  engine::Batch last;
  ASSERT_TRUE(last.delete_range("q", "").ok());
  EXPECT_TRUE(holds({"q", std::nullopt}, last));
  engine::Batch more;
  ASSERT_TRUE(more.delete_range("p", "").ok());
  EXPECT_FALSE(holds({"h", "q"}, more));
}

TEST(RoutingTableTest, CutsABatchIntoEachShardsPartInOrder) {
  engine::Batch batch;
  ASSERT_TRUE(batch.put("z", "1").ok());
  ASSERT_TRUE(batch.delete_range("g", "").ok());
  ASSERT_TRUE(batch.put("z", "2").ok());
  const Result<std::vector<BatchPart>> parts = cut_batch(table(), batch);
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->size(), 3u);

  const auto text = [](const engine::Batch& part) {
    std::string all;
    engine::Batch::Reader reader(part);
    while (const auto operation = reader.next())
      all += std::to_string(static_cast<int>(operation->kind)) + Bytes(operation->key) + "," +
             Bytes(operation->value) + ";";
    return all;
  };
  EXPECT_EQ((*parts)[0].shard, 1u);
  EXPECT_EQ(text((*parts)[0].batch), "3g,h;");
  EXPECT_EQ(text((*parts)[1].batch), "3h,q;");
  EXPECT_EQ(text((*parts)[2].batch), "1z,1;3q,;1z,2;");
}

TEST(RoutingTableTest, APartThatWouldOutgrowABatchIsRefused) {
  const Bytes boundary(kKeySizeMax, 'm');
  const RoutingTable routes({{1, {"", boundary}, nullptr}, {2, {boundary, std::nullopt}, nullptr}});
  engine::Batch batch;
  ASSERT_TRUE(batch.put("a", Bytes(kBatchSizeMax - 1000 * kKeySizeMax, 'v')).ok());
  for (uint32_t i = 0; i < engine::kBatchRangeDeletesMax; ++i) ASSERT_TRUE(batch.delete_range("a", "z").ok());
  EXPECT_EQ(cut_batch(routes, batch).status().error().code, Errc::invalid_argument);
}

TEST(RoutingTableTest, PartsThatTogetherWouldOutgrowARecordAreRefused) {
  std::vector<Route> routes{{1, {"", Bytes(kKeySizeMax, 'b')}, nullptr}};
  for (char c = 'b'; c < 'l'; ++c)
    routes.push_back({routes.size() + 1, {Bytes(kKeySizeMax, c), Bytes(kKeySizeMax, c + 1)}, nullptr});
  routes.push_back({routes.size() + 1, {*routes.back().range.end, std::nullopt}, nullptr});
  engine::Batch batch;
  for (uint32_t i = 0; i < engine::kBatchRangeDeletesMax; ++i) ASSERT_TRUE(batch.delete_range("a", "z").ok());
  EXPECT_EQ(cut_batch(RoutingTable(std::move(routes)), batch).status().error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace coppice::actors
