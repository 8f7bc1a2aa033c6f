#include "engine/table/cleared_ranges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RangeDelete deleted(Bytes begin, Bytes end, uint64_t commit) {
  const bool unbounded = end.empty();
  return {std::move(begin), std::move(end), unbounded, Timestamp{commit}};
}
ClearedRange cleared(Bytes begin, std::optional<Bytes> end, uint64_t oldest, uint64_t newest) {
  return {{std::move(begin), std::move(end)}, Timestamp{oldest}, Timestamp{newest}};
}
Bytes key(size_t number) { return std::to_string(1000 + number); }

TEST(ClearedRangesTest, SayWhatIsCoveredAndSinceWhen) {
  EXPECT_THAT(cleared_by({}), IsEmpty());
  EXPECT_THAT(
      cleared_by({deleted("m", "", 7), deleted("a", "c", 5), deleted("c", "d", 9)}),
      ElementsAre(cleared("a", "c", 5, 5), cleared("c", "d", 9, 9), cleared("m", std::nullopt, 7, 7)));
}

TEST(ClearedRangesTest, TheNewestOfWhatLiesOnEachOtherCounts) {
  EXPECT_THAT(cleared_by({deleted("a", "m", 5), deleted("c", "f", 9), deleted("b", "c", 9)}),
              ElementsAre(cleared("a", "b", 5, 5), cleared("b", "f", 9, 9), cleared("f", "m", 5, 5)));
}

TEST(ClearedRangesTest, TooManyThatTouchBecomeOneThatKnowsItsOldestAndItsNewest) {
  std::vector<RangeDelete> deletes;
  for (size_t number = 0; number < 300; ++number)
    deletes.push_back(deleted(key(number), key(number + 1), number + 1));
  deletes.push_back(deleted(key(300), key(400), 100'000));
  const auto found = cleared_by(deletes);
  ASSERT_EQ(found.size(), kClearedRangesMax);
  EXPECT_EQ(found.front().range.begin, key(0));
  EXPECT_EQ(found.front().oldest, Timestamp{1});
  for (size_t at = 1; at < found.size(); ++at) {
    EXPECT_EQ(found[at].range.begin, *found[at - 1].range.end);
    EXPECT_EQ(found[at].oldest.raw, at + 1 < found.size() ? found[at - 1].newest.raw + 1 : 100'000);
  }
  EXPECT_EQ(found.back(), cleared(key(300), key(400), 100'000, 100'000));
}

TEST(ClearedRangesTest, NeverSayMoreThanIsCovered) {
  std::vector<RangeDelete> deletes;
  for (size_t number = 0; number < 100; number += 2)
    deletes.push_back(deleted(key(number), key(number + 1), number));
  const auto found = cleared_by(deletes);
  ASSERT_EQ(found.size(), kClearedRangesMax);
  EXPECT_EQ(found.back(), cleared(key(14), key(15), 14, 14));
}

TEST(ClearedRangesTest, LongKeysAreLeftOut) {
  const Bytes longest(kClearedKeySizeMax, 'k');
  EXPECT_EQ(cleared_by({deleted(longest, "l", 5)}).size(), 1u);
  EXPECT_THAT(cleared_by({deleted(longest + "k", "l", 5), deleted("a", longest + "k", 6)}), IsEmpty());
}

TEST(ClearedRangesTest, ShareIsAboutThatOfTheKeys) {
  const KeyRange range{"key10", "key18"};
  EXPECT_EQ(share_cleared(range, {}), 0);
  EXPECT_EQ(share_cleared(range, {cleared("a", "key10", 5, 5), cleared("key18", std::nullopt, 5, 5)}), 0);
  EXPECT_EQ(share_cleared(range, {cleared("a", "z", 5, 5)}), 1);
  EXPECT_EQ(share_cleared({"a", std::nullopt}, {cleared("", std::nullopt, 5, 5)}), 1);
  EXPECT_NEAR(share_cleared(range, {cleared("key14", "z", 5, 5)}), 0.5, 0.01);
  EXPECT_NEAR(share_cleared(range, {cleared("key11", "key13", 5, 5), cleared("key16", "key17", 5, 5)}), 0.375,
              0.01);
}

}  // namespace
}  // namespace coppice::engine
