#include "engine/compact/table_cuts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Where tables begin if every letter is a key, and every key takes one byte.
std::vector<Bytes> cuts_of(TableCuts cuts, ByteView keys = "abcdefghijklmnopqrstuvwxyz") {
  std::vector<Bytes> found;
  uint64_t size = 0;
  Bytes last;
  for (const char letter : keys) {
    const Bytes key(1, letter);
    if (size > 0) {
      if (const auto cut = cuts.cut(last, key, size)) {
        found.emplace_back(*cut);
        size = 0;
      }
    }
    if (size++ == 0) cuts.began(key);
    last = key;
  }
  return found;
}

TEST(TableCutsTest, NothingIsCutWithoutALimit) { EXPECT_THAT(cuts_of(TableCuts()), IsEmpty()); }

TEST(TableCutsTest, TablesThatStandOnNothingAreAsLargeAsTheyMayBe) {
  EXPECT_THAT(cuts_of({{}, {.size_min = 2, .size_free = 10}}), ElementsAre("k", "u"));
}

TEST(TableCutsTest, ASolidIsNotCut) {
  EXPECT_THAT(cuts_of({{{{"c", "k"}, 1}, {{"k", "z"}, 1}}, {.size_min = 4, .size_free = 100}}),
              ElementsAre("k", "z"));
}

TEST(TableCutsTest, TheCutLiesBetweenTheSolids) {
  EXPECT_THAT(cuts_of({{{{"c", "dd"}, 1}, {{"ee", "z"}, 1}}, {.size_min = 3, .size_free = 100}}),
              ElementsAre("dd", "z"));
  EXPECT_THAT(cuts_of({{{{"c", "dd"}, 1}, {{"ee", "z"}, 1}}, {.size_min = 3, .size_free = 100}}, "abcdegxyz"),
              ElementsAre("dd", "z"));
}

TEST(TableCutsTest, EvenASolidIsCutAtTheHardLimit) {
  EXPECT_THAT(cuts_of({{{{"a", "zz"}, 1}}, {.size_min = 3, .size_free = 3, .size_max = 10}}),
              ElementsAre("k", "u"));
}

TEST(TableCutsTest, ATableThatMeetsMuchEndsEarly) {
  std::vector<Solid> solids;
  for (char letter = 'a'; letter < 'z'; ++letter)
    solids.push_back({{Bytes(1, letter), Bytes(1, static_cast<char>(letter + 1))}, 100});
  EXPECT_THAT(cuts_of({solids, {.size_min = 10, .size_free = 100, .met_max = 400}}),
              ElementsAre("e", "i", "m", "q", "u", "y"));
}

}  // namespace
}  // namespace coppice::engine
