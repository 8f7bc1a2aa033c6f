#include "actors/ended_shards.hpp"

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

using Ids = std::vector<uint64_t>;

TEST(EndedShardsTest, AShardOnItsOwnIsOpenedAtOnce) {
  EndedShards ended;
  EXPECT_EQ(ended.end(3), Ids{3});
}

TEST(EndedShardsTest, ParticipantsOfAFailedBatchWaitForEachOther) {
  EndedShards ended;
  ended.bind({1, 2});
  EXPECT_EQ(ended.end(1), Ids());
  EXPECT_EQ(ended.condemn(), Ids());
  EXPECT_EQ(ended.end(3), Ids{3});
  EXPECT_EQ(ended.end(2), (Ids{1, 2}));
  EXPECT_EQ(ended.end(2), Ids{2});
}

TEST(EndedShardsTest, ABatchWhoseParticipantsHaveAllEndedIsDecidedAtOnce) {
  EndedShards ended;
  ended.bind({1, 2});
  ended.end(2);
  ended.end(1);
  EXPECT_EQ(ended.condemn(), (Ids{1, 2}));
}

TEST(EndedShardsTest, AShardThatEndedWhileItsBatchSucceededIsOnItsOwnAgain) {
  EndedShards ended;
  ended.bind({1, 2});
  EXPECT_EQ(ended.end(2), Ids());
  EXPECT_EQ(ended.unbind(), Ids{2});
  EXPECT_EQ(ended.end(1), Ids{1});
}

TEST(EndedShardsTest, ABatchMayBeginWhileAnOlderOneStillEnds) {
  EndedShards ended;
  ended.bind({1, 2});
  ended.condemn();
  ended.bind({3, 4});
  EXPECT_EQ(ended.unbind(), Ids());
  EXPECT_EQ(ended.end(1), Ids());
  EXPECT_EQ(ended.end(2), (Ids{1, 2}));
}

}  // namespace
}  // namespace coppice::actors
