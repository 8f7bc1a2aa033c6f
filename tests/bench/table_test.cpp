#include "tests/bench/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/plots.hpp"

namespace coppice::bench {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Measure measure(const std::string& engine, const std::string& workload, double value,
                const std::string& metric = "rate", unsigned threads = 1) {
  return {.engine = engine,
          .at = {workload, threads, 1000, false},
          .metric = metric,
          .value = value,
          .series = {}};
}

/// The verdict on the only goal of the only row that the tree has.
Verdict only_verdict(const std::vector<Measure>& measures, const Goal& goal) {
  const Medians medians(measures);
  std::vector<Verdict> all;
  for (const Medians::Row& row : medians.rows()) {
    for (const Verdict& verdict : judge(medians, row, {&goal, &goal + 1})) all.push_back(verdict);
  }
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? Verdict{} : all.front();
}

TEST(TableTest, AMedianIsTheMiddleWhateverTheOrder) {
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({4, 1, 3, 2}), 3);
}

TEST(TableTest, RoundsOfOneEngineBecomeTheirMedian) {
  const Medians medians({measure("tree", "fillseq", 1), measure("tree", "fillseq", 9),
                         measure("tree", "fillseq", 4), measure("lmdb", "fillseq", 7)});
  ASSERT_EQ(medians.rows().size(), 1u);
  EXPECT_EQ(medians.rows()[0].by_engine.at("tree"), 4);
  EXPECT_EQ(medians.rows()[0].by_engine.at("lmdb"), 7);
}

TEST(TableTest, ARateIsHeldAgainstTheFasterPeerAndMustReachTheGoal) {
  const std::vector<Measure> measures{measure("tree", "fillseq", 30), measure("rocksdb", "fillseq", 10),
                                      measure("leveldb", "fillseq", 20), measure("lmdb", "fillseq", 100)};
  const Goal reached{.workload = "fillseq", .bound = 1.5};
  EXPECT_DOUBLE_EQ(only_verdict(measures, reached).ratio, 1.5);
  EXPECT_TRUE(only_verdict(measures, reached).met);

  const Goal missed{.workload = "fillseq", .bound = 1.51};
  EXPECT_FALSE(only_verdict(measures, missed).met);

  const Goal of_lmdb{.workload = "fillseq", .against = Goal::Against::lmdb, .bound = 0.3};
  EXPECT_TRUE(only_verdict(measures, of_lmdb).met);

  const Goal of_all{.workload = "fillseq", .against = Goal::Against::all_peers, .bound = 1};
  EXPECT_DOUBLE_EQ(only_verdict(measures, of_all).ratio, 0.3);
}

TEST(TableTest, ALatencyIsHeldAgainstTheLowerPeerAndMustStayWithinTheGoal) {
  const std::vector<Measure> measures{measure("tree", "overwrite", 10, "p99.9"),
                                      measure("rocksdb", "overwrite", 10, "p99.9"),
                                      measure("leveldb", "overwrite", 20, "p99.9")};
  const Goal goal{.workload = "overwrite", .metric = "p99.9", .bound = 1};
  EXPECT_TRUE(only_verdict(measures, goal).met);

  const std::vector<Measure> slower{measure("tree", "overwrite", 11, "p99.9"),
                                    measure("rocksdb", "overwrite", 10, "p99.9"),
                                    measure("leveldb", "overwrite", 20, "p99.9")};
  EXPECT_FALSE(only_verdict(slower, goal).met);
}

TEST(TableTest, TwoThreadsAreHeldAgainstTheTreesOwnOne) {
  const std::vector<Measure> measures{measure("tree", "memtable", 10),
                                      measure("tree", "memtable", 18, "rate", 2)};
  const Goal goal{.workload = "memtable", .threads = 2, .against = Goal::Against::one_thread, .bound = 1.8};
  EXPECT_TRUE(only_verdict(measures, goal).met);
}

TEST(TableTest, AGoalWithoutItsOtherSideIsNotJudged) {
  const Goal goal{.workload = "fillseq", .bound = 1.5};
  const Medians medians({measure("tree", "fillseq", 30)});
  EXPECT_TRUE(judge(medians, medians.rows()[0], {goal}).empty());
}

TEST(TableTest, AReportSaysWhichGoalsWereMet) {
  const std::string text =
      report({measure("tree", "fillseq", 30'000), measure("rocksdb", "fillseq", 10'000),
              measure("tree", "fillrandom", 11'000), measure("rocksdb", "fillrandom", 10'000)},
             {{.workload = "fillseq", .bound = 1.5}, {.workload = "fillrandom", .bound = 1.5}});
  EXPECT_THAT(text, HasSubstr("## 1000 entries: 1 of 2 goals met"));
  EXPECT_THAT(text, HasSubstr("| fillseq | 30.0 | 10.0 | 3.00 | ≥ 1.5 | yes |"));
  EXPECT_THAT(text, HasSubstr("| fillrandom | 11.0 | 10.0 | 1.10 | ≥ 1.5 | **no** |"));
}

TEST(TableTest, FeaturesAreHeldAgainstTheTreeInATableOfTheirOwn) {
  const std::string text =
      report({measure("tree", "fillseq", 30'000), measure("tree", "feature fillseq", 20'000),
              measure("lz4", "feature fillseq", 19'000), measure("tree", "feature fillseq", 5, "p99"),
              measure("zstd", "feature fillseq", 5'000), measure("rocksdb", "feature fillseq", 1'000)},
             {{.workload = "fillseq", .bound = 1.5}});
  EXPECT_THAT(text, HasSubstr("| fillseq | 30.0 | - | - |"));
  EXPECT_THAT(
      text,
      HasSubstr("| workload | tree | lz4 | zstd |\n|---|---|---|---|\n| fillseq | 20.0 | 0.95 | 0.25 |\n"));
  EXPECT_THAT(text, Not(HasSubstr("feature ")));
}

TEST(TableTest, ASizeOfWhichOnlyFeaturesWereMeasuredHasNoOtherTable) {
  const std::string text =
      report({measure("tree", "feature fillseq", 20'000), measure("lz4", "feature fillseq", 19'000)},
             {{.workload = "fillseq", .bound = 1.5}});
  EXPECT_THAT(text, StartsWith("## 1000 entries\n\n### Features"));
}

TEST(TableTest, EveryMeasureComesBackFromItsLine) {
  const Measure before{.round = 2,
                       .engine = "tree",
                       .at = {"ycsb A", 2, 10'000'000'000, true},
                       .metric = "p99.9",
                       .value = 12.5,
                       .series = {1, 2.25}};
  const Result<Measure> after = measure_from_json(to_json(before));
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after.value().round, before.round);
  EXPECT_EQ(after.value().engine, before.engine);
  EXPECT_EQ(after.value().at, before.at);
  EXPECT_EQ(after.value().metric, before.metric);
  EXPECT_EQ(after.value().value, before.value);
  EXPECT_EQ(after.value().series, before.series);
}

TEST(TableTest, ALineThatIsNoMeasureIsRefused) {
  EXPECT_FALSE(measure_from_json("{\"round\":").ok());
  EXPECT_FALSE(measure_from_json("[]").ok());
}

TEST(PlotsTest, ATimeSeriesIsThatOfTheMedianRoundWithoutItsLastSlot) {
  std::vector<Measure> measures;
  for (const double rate : {100, 300, 200}) {
    measures.push_back(measure("tree", "overwrite", rate));
    measures.back().series = {rate, rate * 100, 7};
  }
  const std::vector<PlotData> plots = plot_data(measures, {});
  EXPECT_EQ(plots[0].name, "overwrite");
  EXPECT_EQ(plots[0].text, "0 tree 2\n0.1 tree 200\n");
}

}  // namespace
}  // namespace coppice::bench
