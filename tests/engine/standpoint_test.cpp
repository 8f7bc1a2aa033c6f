#include "engine/standpoint.hpp"

#include <gtest/gtest.h>

#include "engine/lookup.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

/// What the owner does, it does between a reader's two steps.
class StandpointTest : public ::testing::Test {
protected:
  StandpointTest() {
    ok(stand.create());
    ok(stand.open());
    ok(stand.put("k", "old"));
    state = static_cast<Tree&>(*stand.tree).read_state();
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  static Bytes get(const Standpoint& standpoint) {
    Bytes value;
    Expiry expiry(standpoint.at());
    ReadWork work;
    const auto found = look_up(standpoint.view(), "k", standpoint.at(), expiry, {}, value, work);
    if (!found.ok()) return to_string(found.error());
    return *found ? value : "(none)";
  }

  MemoryFileSystem files;
  TreeStand stand{files};
  std::shared_ptr<const ReadState> state;
};

TEST_F(StandpointTest, AReaderThatAFlushOvertakesReadsWhatHidWhatItCameFor) {
  Standpoint reader(*state, std::nullopt);
  ok(stand.put("k", "new"));
  ok(stand.flush());
  ok(reader.pin());
  EXPECT_EQ(get(reader), "new");
}

TEST_F(StandpointTest, AReaderThatAMergeOvertakesReadsWhatHidWhatItCameFor) {
  ok(stand.flush());
  Standpoint reader(*state, std::nullopt);
  ok(stand.put("k", "new"));
  ok(stand.compact());
  ok(reader.pin());
  EXPECT_EQ(get(reader), "new");
}

TEST_F(StandpointTest, AFlushThatWasPlannedBeforeHidesNothingFromAReader) {
  ok(stand.tree->seal_memtable());
  auto flush = stand.tree->plan_flush({});
  ok(stand.put("k", "new"));
  Standpoint reader(*state, std::nullopt);
  ok(stand.put("k", "newer"));
  ok(stand.finish(std::move(flush)));
  ok(reader.pin());
  EXPECT_EQ(get(reader), "new");
}

TEST_F(StandpointTest, AViewThatIsPinnedShowsItsMomentHoweverMuchIsMerged) {
  Standpoint reader(*state, std::nullopt);
  ok(reader.pin());
  ok(stand.put("k", "new"));
  ok(stand.compact());
  EXPECT_EQ(get(reader), "old");
}

TEST_F(StandpointTest, AMomentThatIsKeptReadableStaysThatMoment) {
  const Timestamp then = stand.tree->last_commit();
  stand.snapshots = {then};
  Standpoint reader(*state, then);
  ok(stand.put("k", "new"));
  ok(stand.compact());
  ok(reader.pin());
  EXPECT_EQ(reader.at(), then);
  EXPECT_EQ(get(reader), "old");
}

TEST_F(StandpointTest, AClosedTreeGivesNoStandpoint) {
  Standpoint reader(*state, std::nullopt);
  stand.drop();
  EXPECT_EQ(reader.pin().error().code, Errc::unavailable);
}

}  // namespace
}  // namespace coppice::engine
