#include "engine/log/live_logs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Those that were.
std::vector<uint64_t> retire(LiveLogs& logs, Timestamp flushed) {
  std::vector<uint64_t> retired = logs.retirable(flushed);
  EXPECT_EQ(logs.retirable(flushed), retired);
  logs.retire(retired);
  return retired;
}

TEST(LiveLogsTest, ALogGoesWhenAllInItIsFlushed) {
  LiveLogs logs;
  logs.begin(3);
  logs.note(Timestamp{10});
  logs.begin(5);
  logs.note(Timestamp{20});
  EXPECT_THAT(retire(logs, Timestamp{9}), IsEmpty());
  EXPECT_THAT(retire(logs, Timestamp{10}), ElementsAre(3));
  EXPECT_THAT(retire(logs, Timestamp{10}), IsEmpty());
}

TEST(LiveLogsTest, TheLogWrittenToStays) {
  LiveLogs logs;
  logs.begin(3);
  logs.note(Timestamp{10});
  EXPECT_THAT(retire(logs, Timestamp{99}), IsEmpty());
  logs.begin(4);
  EXPECT_THAT(retire(logs, Timestamp{99}), ElementsAre(3));
  EXPECT_EQ(logs.current(), 4u);
}

TEST(LiveLogsTest, ALogWithAnUnsettledBatchStays) {
  LiveLogs logs;
  logs.begin(3);
  logs.note(Timestamp{10});
  logs.note_spanning(Timestamp{10});
  logs.note_recovered({Timestamp{11}, {}});
  logs.begin(4);
  EXPECT_THAT(retire(logs, Timestamp{99}), IsEmpty());
  logs.settle(Timestamp{10});
  EXPECT_THAT(retire(logs, Timestamp{99}), IsEmpty());
  EXPECT_EQ(logs.recovered().size(), 1u);
  logs.settle(Timestamp{11});
  EXPECT_THAT(retire(logs, Timestamp{99}), ElementsAre(3));
}

TEST(LiveLogsTest, CountsTheBytesOfAllLogs) {
  LiveLogs logs;
  logs.begin(3);
  logs.set_size(100);
  logs.begin(4);
  logs.set_size(40);
  logs.set_size(50);
  EXPECT_EQ(logs.size(), 150u);
  (void)retire(logs, Timestamp{1});
  EXPECT_EQ(logs.size(), 50u);
}

}  // namespace
}  // namespace coppice::engine
