// The oracle itself: what it lets pass, and what not.
#include "tests/torture/plot.hpp"

#include <gtest/gtest.h>

namespace coppice::torture {
namespace {

using Values = std::vector<std::optional<Bytes>>;

constexpr Span kRead{1'000, 1'010};

class PlotTest : public testing::Test {
protected:
  void write(const std::function<void(Change&)>& draw) {
    Change change(plot.cells(), 500);
    draw(change);
    plot.begin(change.after());
  }
  bool fits(const Values& values, Span read = kRead, uint64_t generation = 1) {
    return !plot.judge(values, read, generation);
  }

  Plot plot{{"a", "b"}};
};

TEST_F(PlotTest, WhatWasAcknowledgedMustBeThereAndNothingElse) {
  EXPECT_TRUE(fits({{}, {}}));
  write([](Change& change) { change.put("a", "1"); });
  plot.acknowledged(510);
  EXPECT_TRUE(fits({"1", {}}));
  EXPECT_FALSE(fits({{}, {}}));
  EXPECT_FALSE(fits({"2", {}}));
  EXPECT_FALSE(fits({"1", "1"}));
}

TEST_F(PlotTest, WhatWasRefusedMustNotBeThere) {
  write([](Change& change) { change.put("a", "1"); });
  plot.refused();
  EXPECT_TRUE(fits({{}, {}}));
  EXPECT_FALSE(fits({"1", {}}));
}

TEST_F(PlotTest, ALostBatchIsThereOrNotButWhole) {
  write([](Change& change) {
    change.put("a", "1");
    change.put("b", "1");
  });
  plot.lost(1);
  EXPECT_TRUE(fits({{}, {}}));
  EXPECT_FALSE(plot.is_settled()) << "it may still land";
  EXPECT_FALSE(fits({"1", {}}));
  EXPECT_TRUE(fits({"1", "1"}));
  EXPECT_TRUE(plot.is_settled());
  EXPECT_FALSE(fits({{}, {}})) << "once seen it stays";
}

TEST_F(PlotTest, ALostBatchThatTheNextProcessDoesNotHaveIsGone) {
  write([](Change& change) { change.put("a", "1"); });
  plot.lost(1);
  EXPECT_TRUE(fits({{}, {}}, kRead, 2));
  EXPECT_TRUE(plot.is_settled());
  EXPECT_FALSE(fits({"1", {}}, kRead, 2));
}

TEST_F(PlotTest, ALostIncrementIsDoneOnceOrNotAtAll) {
  write([](Change& change) { change.merge("a", Operator::add, number_value(5)); });
  plot.acknowledged(510);
  write([](Change& change) { change.merge("a", Operator::add, number_value(2)); });
  plot.lost(1);
  EXPECT_FALSE(fits({number_value(9), {}}, kRead, 2));
  EXPECT_TRUE(fits({number_value(7), {}}, kRead, 2));
  EXPECT_FALSE(fits({number_value(5), {}}, kRead, 2));
}

TEST_F(PlotTest, WhatExpiresMayGoFromTheEarliestMomentOnAndMustByTheLatest) {
  write([](Change& change) { change.put_for("a", "1", 100); });
  plot.acknowledged(520);
  EXPECT_FALSE(fits({{}, {}}, {520, 599}));
  EXPECT_TRUE(fits({{}, {}}, {590, 600}));
  EXPECT_TRUE(fits({"1", {}}, {590, 600}));
  EXPECT_TRUE(fits({"1", {}}, {621, 630}));
  EXPECT_FALSE(fits({"1", {}}, {622, 630}));
}

TEST_F(PlotTest, ARangeDeleteTakesWhatLiesInIt) {
  write([](Change& change) {
    change.put("a", "1");
    change.put("b", "1");
  });
  plot.acknowledged(510);
  write([](Change& change) { change.delete_range("a", "b"); });
  plot.acknowledged(520);
  EXPECT_TRUE(fits({{}, "1"}));
  EXPECT_FALSE(fits({"1", "1"}));
}

}  // namespace
}  // namespace coppice::torture
