// Medians of what was measured, and the table of ratios beside the goals.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/goals.hpp"
#include "tests/bench/measure.hpp"

namespace coppice::bench {

/// The middle one; of an even number the higher of the middle two. Requires: not empty.
double median(std::vector<double> values);

/// Medians over the rounds of one run, in the order in which they were first measured.
class Medians {
public:
  struct Row {
    Case at;
    std::string metric;
    std::map<std::string, double> by_engine;
  };

  explicit Medians(const std::vector<Measure>& measures);

  const std::vector<Row>& rows() const { return rows_; }
  /// nullptr: it was not measured.
  const Row* find(const Case& at, const std::string& metric) const;

private:
  std::vector<Row> rows_;
};

/// How the tree stands to one goal.
struct Verdict {
  const Goal* goal = nullptr;
  /// The tree's figure, divided by the one it is held against.
  double ratio = 0;
  bool met = false;
};

/// Of all goals of that row; those whose other side was not measured are left out.
std::vector<Verdict> judge(const Medians& medians, const Medians::Row& row, const std::vector<Goal>& goals);

/// In Markdown, a table for each number of entries, and how many goals were met.
std::string report(const std::vector<Measure>& measures, const std::vector<Goal>& goals);

}  // namespace coppice::bench
