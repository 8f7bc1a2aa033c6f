#include "engine/ingest/ingest_level.hpp"

#include "tests/engine/picker_fixture.hpp"

namespace coppice::engine {
namespace {

class IngestLevelTest : public PickerFixture {
protected:
  uint32_t level_of(const Bytes& begin, const Bytes& end) {
    return ingest_level(Version(levels), options, {begin, end}, under_way);
  }
};

TEST_F(IngestLevelTest, IsTheLastWhereNothingOverlaps) {
  EXPECT_EQ(level_of("a", "z"), kLastLevel);
  add(0, 1, "a", "c");
  add(kLastLevel, 2, "x", "z");
  EXPECT_EQ(level_of("c", "x"), kLastLevel);
}

TEST_F(IngestLevelTest, IsAboveTheFirstThatOverlapsAndNeverBelowOne) {
  // So large that the base lies higher.
  add(kLastLevel, 1, "a", "m", 5000);
  add(kLastLevel, 2, "m", "z", 5000);
  add(4, 3, "a", "c");
  ASSERT_EQ(shape().base, 4u);

  EXPECT_EQ(level_of("m", "n"), 5u) << "only the last overlaps";
  EXPECT_EQ(level_of("b", "d"), 0u) << "above the base";
  add(0, 4, "p", "r");
  EXPECT_EQ(level_of("q", "s"), 0u);
}

TEST_F(IngestLevelTest, IsZeroRatherThanAboveTheBase) {
  add(kLastLevel, 1, "a", "m");
  ASSERT_EQ(shape().base, kLastLevel);
  EXPECT_EQ(level_of("b", "c"), 0u);
}

TEST_F(IngestLevelTest, IsZeroWhereAMergeUnderWayMayWrite) {
  under_way.push_back({.source_level = 5, .target_level = kLastLevel, .hull = {"c", "f"}, .tables = {1}});
  EXPECT_EQ(level_of("d", "e"), 0u);
  EXPECT_EQ(level_of("f", "g"), kLastLevel);
}

}  // namespace
}  // namespace coppice::engine
