#include "engine/memory/range_deletes.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

RangeDelete range(ByteView begin, ByteView end, uint64_t commit) {
  return {Bytes(begin), Bytes(end), end.empty(), Timestamp{commit}};
}

std::string text(const RangeDeletes& deletes) {
  std::string all;
  for (const RangeDeletes::Fragment& fragment : deletes.fragments()) {
    all += "[" + fragment.begin + "," + (fragment.unbounded ? "end" : fragment.end) + ")";
    for (const Timestamp commit : fragment.commits) all += " " + std::to_string(commit.raw);
    all += "; ";
  }
  return all;
}

/// What RangeDeletes should answer, by asking every delete.
Timestamp newest_by_hand(const std::vector<RangeDelete>& deletes, ByteView key, Timestamp at) {
  Timestamp newest = kTimestampMin;
  for (const RangeDelete& one : deletes)
    if (key >= one.begin && (one.unbounded || key < one.end) && one.commit <= at)
      newest = std::max(newest, one.commit);
  return newest;
}

TEST(RangeDeletesTest, NoneCoverNothing) {
  const RangeDeletes none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.newest_covering("k", kTimestampMax), kTimestampMin);
  EXPECT_EQ(none.find_fragment("k"), nullptr);
  EXPECT_TRUE(RangeDeletes({range("m", "a", 1), range("b", "b", 2)}).empty());
}

TEST(RangeDeletesTest, AreCutWhereOneBeginsOrEnds) {
  EXPECT_EQ(text(RangeDeletes({range("f", "t", 9), range("a", "m", 5)})), "[a,f) 5; [f,m) 9 5; [m,t) 9; ");
  EXPECT_EQ(text(RangeDeletes({range("a", "", 5), range("c", "d", 7), range("x", "z", 1)})),
            "[a,c) 5; [c,d) 7 5; [d,x) 5; [x,z) 5 1; [z,end) 5; ");
  EXPECT_EQ(text(RangeDeletes({range("a", "b", 5), range("a", "b", 5)})), "[a,b) 5; ");
}

TEST(RangeDeletesTest, BeginIsCoveredAndEndIsNot) {
  const RangeDeletes deletes({range("b", "d", 5)});
  EXPECT_EQ(deletes.newest_covering("a", kTimestampMax), kTimestampMin);
  EXPECT_EQ(deletes.newest_covering("b", kTimestampMax), Timestamp{5});
  EXPECT_EQ(deletes.newest_covering("c\xff", Timestamp{5}), Timestamp{5});
  EXPECT_EQ(deletes.newest_covering("c", Timestamp{4}), kTimestampMin);
  EXPECT_EQ(deletes.newest_covering("d", kTimestampMax), kTimestampMin);
}

TEST(RangeDeletesTest, FindsTheFragmentOrTheNextOne) {
  const RangeDeletes deletes({range("b", "d", 5), range("m", "", 6)});
  EXPECT_EQ(deletes.find_fragment("a")->begin, "b");
  EXPECT_EQ(deletes.find_fragment("c")->begin, "b");
  EXPECT_EQ(deletes.find_fragment("d")->begin, "m");
  EXPECT_EQ(deletes.find_fragment("z")->begin, "m");
}

TEST(RangeDeletesTest, ClipKeepsWhatIsInside) {
  const RangeDeletes deletes({range("b", "h", 5), range("f", "", 9)});
  EXPECT_EQ(text(deletes.clip({"c", "g"})), "[c,f) 5; [f,g) 9 5; ");
  EXPECT_EQ(text(deletes.clip({"", std::nullopt})), text(deletes));
  EXPECT_EQ(text(deletes.clip({"x", std::nullopt})), "[x,end) 9; ");
  EXPECT_EQ(text(deletes.clip({"x", "z"})), "[x,z) 9; ");
  EXPECT_TRUE(deletes.clip({"a", "b"}).empty());
  EXPECT_TRUE(deletes.clip({"d", "c"}).empty());
}

TEST(RangeDeletesTest, DeletesSayTheSameInAsFewAsCan) {
  const std::vector<RangeDelete> few{range("a", "m", 5), range("p", "q", 5), range("f", "", 9)};
  EXPECT_EQ(RangeDeletes(few).deletes(), few);
  EXPECT_EQ(RangeDeletes({range("a", "c", 1), range("c", "e", 1), range("b", "d", 1)}).deletes(),
            std::vector<RangeDelete>{range("a", "e", 1)});
}

TEST(RangeDeletesTest, AgreeWithAskingEveryDelete) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    const auto key = [&] { return Bytes(1 + random.below(2), static_cast<char>('a' + random.below(20))); };
    std::vector<RangeDelete> list;
    for (uint64_t i = random.below(12); i-- > 0;)
      list.push_back(range(key(), random.one_in(8) ? "" : key(), 1 + random.below(20)));
    const RangeDeletes deletes(list);
    const RangeDeletes again(deletes.deletes());
    const KeyRange bounds{key(), random.one_in(4) ? std::nullopt : std::optional(key())};
    const RangeDeletes clipped = deletes.clip(bounds);
    for (int i = 0; i < 100; ++i) {
      const Bytes asked = key();
      const Timestamp at{random.below(22)};
      const Timestamp truth = newest_by_hand(list, asked, at);
      ASSERT_EQ(deletes.newest_covering(asked, at), truth);
      ASSERT_EQ(again.newest_covering(asked, at), truth);
      ASSERT_EQ(clipped.newest_covering(asked, at), bounds.contains(asked) ? truth : kTimestampMin);
    }
  }
}

}  // namespace
}  // namespace coppice::engine
