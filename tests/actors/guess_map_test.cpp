// Which shards a store has, where its map is gone.
#include "actors/guess_map.hpp"

#include <gmock/gmock.h>

namespace coppice::actors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Shard = ShardMap::Shard;

KeyRange range(const Bytes& begin, const std::optional<Bytes>& end = std::nullopt) { return {begin, end}; }

TEST(GuessMapTest, ShardsThatCoverAllKeysAreTheMap) {
  const GuessedMap guessed = guess_map({{1, range("m")}, {2, range("", "g")}, {5, range("g", "m")}}, 7);
  EXPECT_THAT(guessed.map.shards, ElementsAre(Shard{2, ""}, Shard{5, "g"}, Shard{1, "m"}));
  EXPECT_EQ(guessed.map.next_shard_id, 6u);
  EXPECT_EQ(guessed.map.store_id, 7u);
  EXPECT_THAT(guessed.doubts, IsEmpty());
}

TEST(GuessMapTest, TheHalvesOfASplitAreTakenAndNotWhatWasCut) {
  const GuessedMap guessed = guess_map({{1, range("")}, {2, range("", "m")}, {3, range("m")}}, 7);
  EXPECT_THAT(guessed.map.shards, ElementsAre(Shard{2, ""}, Shard{3, "m"}));
  EXPECT_THAT(guessed.doubts, IsEmpty());
}

TEST(GuessMapTest, OneHalfAloneIsNoSplit) {
  const GuessedMap guessed = guess_map({{1, range("")}, {2, range("", "m")}}, 7);
  EXPECT_THAT(guessed.map.shards, ElementsAre(Shard{1, ""}));
  EXPECT_THAT(guessed.doubts, IsEmpty());
}

TEST(GuessMapTest, AGapIsForTheOneShardWhoseTablesLieThere) {
  const GuessedMap guessed =
      guess_map({{1, range("", "g")}, {2, std::nullopt, range("h", "k")}, {3, range("m")}}, 7);
  EXPECT_THAT(guessed.map.shards, ElementsAre(Shard{1, ""}, Shard{2, "g"}, Shard{3, "m"}));
  EXPECT_THAT(guessed.doubts, ElementsAre(HasSubstr("shard 2")));
}

TEST(GuessMapTest, AGapIsCutWhereTheKeysOfShardsWithoutManifestsBegin) {
  const GuessedMap guessed = guess_map({{1, range("", "c")},
                                        {2, std::nullopt, range("k", "l")},
                                        {3, std::nullopt, range("e", "f")},
                                        {4, range("m")},
                                        {5, std::nullopt, range("g", "h")}},
                                       7);
  EXPECT_THAT(guessed.map.shards,
              ElementsAre(Shard{1, ""}, Shard{3, "c"}, Shard{5, "g"}, Shard{2, "k"}, Shard{4, "m"}));
  EXPECT_THAT(
      guessed.doubts,
      ElementsAre(
          HasSubstr("from \"c\" on and before \"g\": no manifest says which shard owned them: shard 3"),
          HasSubstr("from \"g\" on and before \"k\""), HasSubstr("from \"k\" on and before \"m\"")));
}

TEST(GuessMapTest, OfTwoWithTheSameKeysTheLaterIsTaken) {
  const GuessedMap guessed = guess_map({{1, range("", "g")},
                                        {2, std::nullopt, range("h", "k")},
                                        {3, std::nullopt, range("h", "i")},
                                        {4, range("m")}},
                                       7);
  EXPECT_THAT(guessed.map.shards, ElementsAre(Shard{1, ""}, Shard{3, "g"}, Shard{4, "m"}));
  EXPECT_THAT(guessed.doubts, ElementsAre(HasSubstr("shard 3 is given them")));
  EXPECT_THAT(guessed.left_out, ElementsAre(testing::Pair(2, range("h", "k"))));
}

// As tables do that a split has linked into both halves.
TEST(GuessMapTest, KeysOutsideOfTheGapDoNotMatter) {
  const GuessedMap guessed = guess_map({{2, range("", "m")}, {3, std::nullopt, range("a", "z")}}, 7);
  EXPECT_THAT(guessed.map.shards, ElementsAre(Shard{2, ""}, Shard{3, "m"}));
  EXPECT_THAT(guessed.left_out, IsEmpty());
  // Nor is one shard in two places.
  const GuessedMap two = guess_map({{2, range("c", "m")}, {3, std::nullopt, range("a", "z")}}, 7);
  EXPECT_THAT(two.map.shards, ElementsAre(Shard{3, ""}, Shard{2, "c"}, Shard{4, "m"}));
  EXPECT_THAT(two.left_out, ElementsAre(testing::Pair(3, range("m", "z"))));
}

TEST(GuessMapTest, OnlyFilesOfItsOwnSayWhereAShardsKeysLie) {
  const engine::FileKeys both{7, range("a", "z")};
  std::vector<FoundShard> found{
      {1, std::nullopt, {"", ""}, {both, {8, range("b", "c")}, {0, range("a", "b")}}},
      {2, std::nullopt, {"", ""}, {both}},
      {3, range("zz"), {"", ""}, {}}};
  bound(found);
  EXPECT_EQ(found[0].bounds, range("a", "c"));
  EXPECT_TRUE(found[1].bounds.empty());
  // Of those that have nothing else the last has them.
  found[0] = {1, std::nullopt, {"", ""}, {both}};
  bound(found);
  EXPECT_TRUE(found[0].bounds.empty());
  EXPECT_EQ(found[1].bounds, range("a", "z"));
}

TEST(GuessMapTest, AGapThatNoneMayOwnIsForANewShard) {
  const GuessedMap none = guess_map({{1, range("", "g")}, {4, range("m")}}, 7);
  EXPECT_THAT(none.map.shards, SizeIs(3));
  EXPECT_THAT(none.doubts, ElementsAre(HasSubstr("lost")));
}

TEST(GuessMapTest, NothingKnownIsOneShardOfAllKeys) {
  const GuessedMap guessed = guess_map({{4, std::nullopt, range("a", "b")}}, 7);
  EXPECT_THAT(guessed.map.shards, ElementsAre(Shard{4, ""}));
  EXPECT_THAT(guess_map({}, 7).map.shards, ElementsAre(Shard{1, ""}));
}

}  // namespace
}  // namespace coppice::actors
