#include "tests/simulation/history.hpp"

#include <gtest/gtest.h>

namespace coppice::simulation {
namespace {

class HistoryTest : public testing::Test {
protected:
  size_t in_group(size_t index) const { return plan.groups[0].keys[index]; }

  const Plan plan{1, 10};
  History history{plan};
};

TEST_F(HistoryTest, WhatIsTrueIsNoAccusation) {
  history.add(0, {Access::Kind::write, 7, 1, 2, 0});
  history.add_view({{0, 7}, {1, kAbsent}}, {3, 4});
  EXPECT_EQ(history.verdict(), "");
}

TEST_F(HistoryTest, AReadThatNothingExplainsIsToldWithItsKey) {
  history.add(3, {Access::Kind::write, 7, 1, 2, 0});
  history.add(3, {Access::Kind::write, 8, 3, 4, 0});
  history.add(3, {Access::Kind::read, 7, 5, 6, 0});
  history.add(3, {Access::Kind::read, 8, 7, 8, 0});
  const std::string verdict = history.verdict();
  EXPECT_NE(verdict.find(plan.keys[3]), std::string::npos) << verdict;
  EXPECT_NE(verdict.find("5 to 6: read 7"), std::string::npos) << verdict;
  // What came after it is of no use to who looks for the reason.
  EXPECT_EQ(verdict.find("7 to 8"), std::string::npos) << verdict;
}

TEST_F(HistoryTest, AGroupThatIsSeenByHalvesIsNoBatch) {
  EXPECT_EQ(history.half_seen({{in_group(0), 7}, {in_group(1), 7}}), "");
  EXPECT_EQ(history.half_seen({{in_group(0), 7}}), "");
  EXPECT_NE(history.half_seen({{in_group(0), 7}, {in_group(1), kAbsent}}), "");
  history.may_be_half(9);
  EXPECT_EQ(history.half_seen({{in_group(0), 7}, {in_group(1), 9}}), "");
  history.add_view({{in_group(0), 7}, {in_group(1), 8}}, {1, 2});
  EXPECT_NE(history.verdict().find("of one batch a part was seen"), std::string::npos);
}

TEST_F(HistoryTest, BytesThatWereHarmedAreNoValue) {
  const Bytes bytes = bytes_of(123, 40);
  EXPECT_EQ(value_of(bytes), 123u);
  EXPECT_EQ(value_of(bytes.substr(0, 20)), 123u);
  Bytes harmed = bytes;
  harmed[30] = harmed[30] == 'a' ? 'b' : 'a';
  EXPECT_EQ(value_of(harmed), std::nullopt);
  EXPECT_EQ(value_of(""), std::nullopt);
  EXPECT_EQ(value_of("12"), std::nullopt);
}

}  // namespace
}  // namespace coppice::simulation
